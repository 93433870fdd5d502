"""Bodies that are too large are refused while they stream in."""

import asyncio
import contextlib
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.problems import MEDIA_TYPE, problem_of
from warmtune.vocabulary.errors import LimitExceededError

_LINGER_S = 2.0
_LINGER_BYTES = 64 * 2**20


class BodyLimit:
    """Counts a body's bytes as they come and answers 413 as soon as there are too many.

    A declared length is believed only when it is too large; without one (chunked) the count decides.
    """

    def __init__(self, app: ASGIApp, *, max_json_bytes: int, max_upload_bytes: Mapping[str, int]) -> None:
        """Prepare.

        Args:
            app: What is asked in turn.
            max_json_bytes: For all but uploads.
            max_upload_bytes: For multipart forms, by path; those to other paths are no uploads.
        """
        self._app = app
        self._max_json_bytes = max_json_bytes
        self._max_upload_bytes = dict(max_upload_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        is_upload = is_form and scope["path"] in self._max_upload_bytes
        limit = self._max_upload_bytes[scope["path"]] if is_upload else self._max_json_bytes
        error = LimitExceededError(
            f"the request is larger than the {limit:,} bytes that are allowed",
            field="file" if is_upload else "body",
            limit=f"{limit} bytes",
        )
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            await _refuse(error, scope, receive, send)
            return
        received = 0
        is_refused = False

        async def receive_limited() -> Message:
            nonlocal received, is_refused
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                is_refused = True
                raise error
            return message

        async def send_unless_refused(message: Message) -> None:
            if not is_refused:  # else the application speaks of an unreadable body
                await send(message)

        try:
            await self._app(scope, receive_limited, send_unless_refused)
        except LimitExceededError:
            if not is_refused:
                raise
        if is_refused:
            await _refuse(error, scope, receive, send)


async def _refuse(error: LimitExceededError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, then read on for a moment: closing with unread bytes would reset the connection under the answer."""
    body = problem_of(error, scope.get("state", {}).get("request_id")).model_dump_json().encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            dropped = 0
            while dropped < _LINGER_BYTES:
                message = await receive()
                dropped += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    break
    await send({"type": "http.response.body", "body": b"", "more_body": False})
