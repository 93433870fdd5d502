"""Security headers on every answer, and API keys where some are set."""

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api_keys.callers import check_operator, check_scope
from service.api_keys.request_caller import acting
from service.api_keys.ring import Caller
from service.api_keys.scopes import is_of_operators, scope_of
from service.http.audit_entries import entry_of
from service.http.problems import problem_of, response_of
from service.services import CALLER, services_of
from warmtune.vocabulary.api_key import Scope as KeyScope
from warmtune.vocabulary.errors import ForbiddenError, UnauthorizedError, WarmtuneError

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
    """Adds security headers to every response."""

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
    """Lets requests under the protected paths pass only with a known key, and only as far as its scope goes."""

    def __init__(self, app: ASGIApp, *, protected: tuple[str, ...]) -> None:
        self._app = app
        self._protected = protected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(self._protected):
            await self._app(scope, receive, send)
            return
        try:
            caller = await _caller(scope)
        except WarmtuneError as error:
            problem = problem_of(error, scope.get("state", {}).get("request_id"))
            await response_of(problem)(scope, receive, send)
            return
        scope.setdefault("state", {})[CALLER] = caller
        structlog.contextvars.bind_contextvars(caller=caller.name)  # in the request's line of the log: who wrote what
        with acting(caller):
            await self._app(scope, receive, send)


async def _caller(scope: Scope) -> Caller:
    """The caller of a request.

    Raises:
        UnauthorizedError: If nobody who is known.
        ForbiddenError: If the key doesn't go so far.
        RateLimitError: If the key has sent too many requests.
        UnavailableError: If keys can't be looked up.
    """
    services = services_of(Request(scope))
    keys = services.keys
    if not keys.is_fresh:
        await keys.refreshed()
    caller = keys.caller(given_key(Headers(scope=scope)))
    if caller is None:
        raise UnauthorizedError(
            "send one of the service's API keys: Authorization: Bearer KEY", field="header.authorization"
        )
    services.rates.check(caller)
    wanted = scope_of(scope["method"], scope["path"])
    try:
        check_scope(caller, wanted)
        if is_of_operators(scope["path"]):
            check_operator(caller)
    except ForbiddenError as error:
        if wanted is not KeyScope.READ and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            entry = entry_of(
                caller,
                scope["method"],
                scope["path"][:200],
                {},
                status=403,
                request_id=scope["state"].get("request_id"),
            )
            services.trail.refuse(entry, status=403, code=error.code)
        raise
    return caller


def given_key(headers: Headers) -> str:
    """The key that a request carries; empty without one.

    Raises:
        UnauthorizedError: If it carries two different ones: a proxy might have looked at the other.
    """
    scheme, _, key = headers.get("authorization", "").partition(" ")
    bearer, other = key.strip() if scheme.lower() == "bearer" else "", headers.get("x-api-key", "")
    if bearer and other and bearer != other:
        raise UnauthorizedError("two different API keys are sent; send one", field="header.x-api-key")
    return bearer or other
