"""Security headers on every answer, and API keys where some are set."""

import hashlib
import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.problems import problem_of, response_of
from warmtune.vocabulary.errors import UnauthorizedError

# styles may be inline: both documentation pages make style elements as they run; scripts may not
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class SecurityHeaders:
    """Adds the headers that browsers heed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded)


class ApiKeys:
    """Lets requests under the protected paths pass only with a known key.

    Keys are compared by their SHA-256 digests in constant time; random keys need no slow hash.
    """

    def __init__(self, app: ASGIApp, *, keys: Sequence[str], protected: tuple[str, ...]) -> None:
        self._app = app
        self._digests = tuple(_digest(key) for key in keys)
        self._protected = protected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not self._digests or not scope["path"].startswith(self._protected):
            await self._app(scope, receive, send)
            return
        given = _digest(_given_key(Headers(scope=scope)))
        matches = [hmac.compare_digest(given, known) for known in self._digests]  # all of them: constant time
        if any(matches):
            await self._app(scope, receive, send)
            return
        error = UnauthorizedError(
            "send one of the service's API keys: Authorization: Bearer KEY", field="header.authorization"
        )
        problem = problem_of(error, scope.get("state", {}).get("request_id"))
        await response_of(problem)(scope, receive, send)


def _given_key(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
