"""Ambiguous requests are refused: a proxy and the service could read them differently."""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.http.problems import MalformedRequestError, UnsupportedMediaTypeError, problem_of, response_of
from warmtune.vocabulary.errors import WarmtuneError

_SINGLE: Final = ("authorization", "content-encoding", "content-type", "idempotency-key", "x-api-key")
"""Headers that say one thing: of two, a proxy may believe the one and the service the other."""


class Framing:
    """Refuses a request whose end, key or media type depends on the reader.

    A proxy that counts a body by ``Content-Length`` and a service that counts it by its chunks see another next request
    on the same connection: another client's (request smuggling, RFC 9112, 6.1). Such a connection is closed. Bodies
    under a ``Content-Encoding`` are refused, too, since they would be taken for what they are not; files may be
    compressed, bodies may not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        error = _fault(scope) if scope["type"] == "http" else None
        if error is None:
            await self._app(scope, receive, send)
            return
        response = response_of(problem_of(error, scope.get("state", {}).get("request_id")))
        response.headers["Connection"] = "close"
        if isinstance(error, UnsupportedMediaTypeError):
            response.headers["Accept-Encoding"] = "identity"
        await response(scope, receive, send)


def _fault(scope: Scope) -> WarmtuneError | None:
    headers = Headers(scope=scope)
    for name in _SINGLE:
        if len(headers.getlist(name)) > 1:
            return MalformedRequestError("this header comes twice; send it once", field=f"header.{name}")
    if "transfer-encoding" in headers and ("content-length" in headers or scope["http_version"] < "1.1"):
        return MalformedRequestError(
            "a body in chunks has no Content-Length, and needs HTTP/1.1", field="header.transfer-encoding"
        )
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        return UnsupportedMediaTypeError(
            "send the body as it is; files may be compressed, bodies may not",
            field="header.content-encoding",
            value=encoding,
            limit="identity",
        )
    return None
