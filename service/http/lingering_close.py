"""Early answers: the rest of the request is read, since closing at once would reset the connection."""

import asyncio
import contextlib
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LINGER_S: Final = 2.0
_LINGER_BYTES: Final = 64 * 2**20
_LAST: Final[Message] = {"type": "http.response.body", "body": b"", "more_body": False}


class LingeringClose:
    """Reads the rest of a request for a moment before an early answer ends, such as one to a refused key.

    A connection that is closed with bytes unread is reset, and the client never sees why.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        is_read = False

        async def receive_noted() -> Message:
            nonlocal is_read
            message = await receive()
            is_read = is_read or message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def send_and_read(message: Message) -> None:
            is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if not is_last or is_read:
                await send(message)
                return
            await send({**message, "more_body": True})
            await _read_on(receive_noted)
            await send(_LAST)

        await self._app(scope, receive_noted, send_and_read)


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


async def _read_on(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            dropped = 0
            while dropped < _LINGER_BYTES:
                message = await receive()
                dropped += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
