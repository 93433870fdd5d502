"""The outermost layer: request identifiers, one log line and one count per request, no unhandled error."""

import asyncio
import re
import time
import uuid
from collections.abc import Mapping
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api_keys.ring import Caller
from service.http.problems import problem_of, response_of, unexpected_problem
from service.http.request_work import stopping
from service.measures import Measures
from service.services import CALLER
from warmtune.vocabulary.errors import UnavailableError
from warmtune.vocabulary.spans import Attributes, is_traced, span

LIVENESS = "/healthz"
CLIENT_GONE = 499  # nobody hears it: for the log and the counts
_TRACE_HEADERS: Final = ("traceparent", "tracestate")
_NOTHING: Final[Mapping[str, str]] = {}
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AccessLayer:
    """Gives every request an identifier (the client's own, if it is plain text) and handles every error.

    The number of requests handled at once; beyond it only the liveness check is answered.
    """

    def __init__(self, app: ASGIApp, *, measures: Measures, max_requests: int) -> None:
        self._app = app
        self._measures = measures
        self._max_requests = max_requests
        self._n_under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        answer = _Answer(send, request_id)
        started = time.perf_counter()
        about, headers = _said_of(scope, request_id) if is_traced() else (_NOTHING, _NOTHING)
        with span(scope["method"], about, headers=headers) as under_way:
            await self._see_through(scope, receive, answer)
            route = getattr(scope.get("route"), "path", "unknown")
            under_way.note(
                {"http.route": route, "http.response.status_code": answer.status},
                name=f"{scope['method']} {route}",
                failed=answer.status >= 500,
            )
        elapsed_s = time.perf_counter() - started
        caller = scope["state"].get(CALLER)
        measures = self._measures.of(caller.workspace) if isinstance(caller, Caller) else self._measures
        measures.count_request(scope["method"], route, answer.status, elapsed_s)
        if isinstance(caller, Caller):  # that of a page is found in a task of its own, whose context ends with it
            structlog.contextvars.bind_contextvars(caller=caller.name)
        structlog.get_logger().info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=answer.status,
            duration_ms=round(elapsed_s * 1e3, 2),
        )

    async def _see_through(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        """Call the application; errors that it raises become responses here."""
        request_id, log = answer.request_id, structlog.get_logger()
        self._n_under_way += 1
        try:
            if self._n_under_way > self._max_requests and scope["path"] != LIVENESS:
                error = UnavailableError("too many requests are being handled; try again in a moment", code="busy")
                await response_of(problem_of(error, request_id))(scope, receive, answer.send)
            else:
                await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = CLIENT_GONE
        except asyncio.CancelledError:  # the server's last word to those that took too long to end
            if answer.status == 0:
                await response_of(problem_of(stopping(), request_id))(scope, receive, answer.send)
        except Exception:  # the edge: whatever was not expected is logged and answered
            log.exception("unexpected", method=scope["method"], path=scope["path"])
            if answer.status == 0:
                await response_of(unexpected_problem(request_id))(scope, receive, answer.send)
        finally:
            self._n_under_way -= 1


class _Answer:
    """The response of a request on its way to the client.

    Attributes:
        status: Of the response; 0 before it begins.
        request_id: In its header.
    """

    def __init__(self, send: Send, request_id: str) -> None:
        self.status = 0
        self.request_id = request_id
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a message on, with the request's identifier."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-ID"] = self.request_id
        await self._send(message)


def _said_of(scope: Scope, request_id: str) -> tuple[Attributes, Mapping[str, str]]:
    """The attributes of a request's span, and the headers that name the trace it belongs to."""
    about = {
        "span.kind": "request",
        "http.request.method": scope["method"],
        "url.path": scope["path"],
        "url.scheme": scope["scheme"],
        "warmtune.request_id": request_id,
    }
    headers = Headers(scope=scope)
    return about, {name: headers[name] for name in _TRACE_HEADERS if name in headers}
