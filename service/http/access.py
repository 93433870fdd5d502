"""The outermost layer: request identifiers, one log line and one count per request, no unhandled error."""

import asyncio
import re
import time
import uuid

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

LIVENESS = "/healthz"
CLIENT_GONE = 499  # nobody hears it: for the log and the counts
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AccessLayer:
    """Gives every request an identifier (the client's own, if it is a plain one) and sees it through.

    So many may be under way; of more, only the question whether the process is alive is answered.
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
        status = 0
        started = time.perf_counter()

        async def send_identified(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        log = structlog.get_logger()
        self._n_under_way += 1
        try:
            if self._n_under_way > self._max_requests and scope["path"] != LIVENESS:
                error = UnavailableError("too many requests are under way; try again in a moment", code="busy")
                await response_of(problem_of(error, request_id))(scope, receive, send_identified)
            else:
                await self._app(scope, receive, send_identified)
        except ClientDisconnect:
            status = CLIENT_GONE
        except asyncio.CancelledError:  # the server's last word to those that took too long to end
            if status == 0:
                await response_of(problem_of(stopping(), request_id))(scope, receive, send_identified)
        except Exception:  # the edge: whatever was not foreseen is logged and answered
            log.exception("unexpected", method=scope["method"], path=scope["path"])
            if status == 0:
                await response_of(unexpected_problem(request_id))(scope, receive, send_identified)
        finally:
            self._n_under_way -= 1
        elapsed_s = time.perf_counter() - started
        route = getattr(scope.get("route"), "path", "unknown")
        caller = scope["state"].get(CALLER)
        measures = self._measures.of(caller.workspace) if isinstance(caller, Caller) else self._measures
        measures.count_request(scope["method"], route, status, elapsed_s)
        if isinstance(caller, Caller):  # that of a page is found in a task of its own, whose context ends with it
            structlog.contextvars.bind_contextvars(caller=caller.name)
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            duration_ms=round(elapsed_s * 1e3, 2),
        )
