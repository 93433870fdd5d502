"""Bodies that are too large, too slow or too many are refused while they stream in."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.problems import SlowBodyError, problem_of, response_of
from warmtune.vocabulary.errors import LimitExceededError, UnavailableError, WarmtuneError

HOLD: Final = "hold_bytes"
"""Where a request's state has the function that counts what of a form is held in memory."""
_SLOWEST: Final = 10_000
"""Bytes a second that a body comes at, after its first pause."""


class BodyLimit:
    """Counts a body's bytes as they arrive; answers 413 when there are too many, and 408 when they stop arriving.

    A declared length is believed only when it is too large; without one (chunked) the count decides. What is held in
    memory of all requests together has a limit, too; files go to the disk.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_json_bytes: int,
        max_upload_bytes: Mapping[str, int],
        max_bodies_bytes: int,
        pause_s: float,
        receive_s: float,
    ) -> None:
        """Set the limits.

        Args:
            app: What is asked in turn.
            max_json_bytes: For all but uploads.
            max_upload_bytes: For multipart forms, by path; those to other paths are no uploads.
            max_bodies_bytes: For all bodies in memory together.
            pause_s: For which a body may stay away.
            receive_s: For a body as a whole, however steadily it comes.
        """
        self._app = app
        self._max_json_bytes = max_json_bytes
        self._max_upload_bytes = dict(max_upload_bytes)
        self._pause_s = pause_s
        self._receive_s = receive_s
        self._max_bodies_bytes = max_bodies_bytes
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        is_upload = is_form and scope["path"] in self._max_upload_bytes
        limit = self._max_upload_bytes[scope["path"]] if is_upload else self._max_json_bytes
        body = _Body(receive, limit, is_upload, pause_s=self._pause_s, receive_s=self._receive_s)
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > body.limit:
            await _refuse(body.too_large(), scope, receive, send)
            return
        held = 0

        def hold(size: int) -> None:
            nonlocal held
            held += size
            self._held_bytes += size
            if self._held_bytes > self._max_bodies_bytes:
                raise body.refused_by(
                    UnavailableError("too many large requests are being received; try again in a moment", code="busy")
                )

        async def receive_limited() -> Message:
            message = await body.receive()
            if not is_upload and (size := len(message.get("body", b""))):
                hold(size)
            return message

        scope.setdefault("state", {})[HOLD] = hold if is_upload else _hold_nothing  # of a form, its fields alone

        async def send_unless_refused(message: Message) -> None:
            if body.refusal is None:  # else the application speaks of an unreadable body
                await send(message)

        try:
            await self._app(scope, receive_limited, send_unless_refused)
        except WarmtuneError as error:
            if body.refusal is not error:
                raise
        finally:
            self._held_bytes -= held
        if body.refusal is not None:
            await _refuse(body.refusal, scope, receive, send)


def _hold_nothing(_size: int) -> None:
    """Do nothing: the body was counted as it arrived."""


class _Body:
    """A body while it is received.

    Attributes:
        limit: Bytes at most.
        refusal: Why no more of it is read, or None.
    """

    def __init__(self, receive: Receive, limit: int, is_upload: bool, *, pause_s: float, receive_s: float) -> None:
        self.limit = limit
        self.refusal: WarmtuneError | None = None
        self._receive = receive
        self._is_upload = is_upload
        self._pause_s = pause_s
        self._n_bytes = 0
        self._is_complete = False
        self._started = time.monotonic()
        self._receive_s = receive_s

    async def receive(self) -> Message:
        """The next message; after the end of the body there is no time limit.

        Raises:
            LimitExceededError: If it is too large.
            SlowBodyError: If it pauses for too long, or takes too long as a whole.
        """
        if self._is_complete:
            return await self._receive()
        whole_s = min(self._pause_s + self._n_bytes / _SLOWEST, self._receive_s)
        left_s = self._started + whole_s - time.monotonic()
        try:
            async with asyncio.timeout(min(self._pause_s, left_s)):
                message = await self._receive()
        except TimeoutError as error:
            raise self.refused_by(
                SlowBodyError("the body of the request arrives too slowly", field="body", limit=f"{self._pause_s:g} s")
            ) from error
        self._is_complete = not message.get("more_body", False)
        self._n_bytes += len(message.get("body", b""))
        if self._n_bytes > self.limit:
            raise self.refused_by(self.too_large())
        return message

    def too_large(self) -> LimitExceededError:
        """The error for more bytes than are allowed."""
        return LimitExceededError(
            f"the request is larger than the {self.limit:,} bytes that are allowed",
            field="file" if self._is_upload else "body",
            limit=f"{self.limit} bytes",
        )

    def refused_by(self, error: WarmtuneError) -> WarmtuneError:
        """Remember the error that the body is refused with."""
        self.refusal = error
        return error


async def _refuse(error: WarmtuneError, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the error; `LingeringClose` reads the rest of the body."""
    response = response_of(problem_of(error, scope.get("state", {}).get("request_id")))
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
