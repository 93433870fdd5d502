"""HEAD asks for what GET would answer, without the body (RFC 9110, 9.3.2): checks of health and links send it."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Lets the route of GET answer HEAD, and keeps its body back; the headers stay, the length of the body among them.

    The layers before it see the request as it was sent: HEAD writes nothing, as GET. A body that comes in parts ends
    with the first one, as if the client had left: the others would be made for nobody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        is_answered = asyncio.Event()

        async def send_head(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
            elif not is_answered.is_set():
                is_answered.set()
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def receive_until_answered() -> Message:
            coming, answered = asyncio.ensure_future(receive()), asyncio.ensure_future(is_answered.wait())
            try:
                await asyncio.wait((coming, answered), return_when=asyncio.FIRST_COMPLETED)
                return {"type": "http.disconnect"} if is_answered.is_set() else coming.result()
            finally:
                coming.cancel()
                answered.cancel()

        asked = {**scope, "method": "GET"}  # a copy: the server itself looks at the method that was sent
        try:
            await self._app(asked, receive_until_answered, send_head)
        finally:
            if "route" in asked:
                scope["route"] = asked["route"]  # for the log and the counts
