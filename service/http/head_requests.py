"""HEAD asks for what GET would answer, without the body (RFC 9110, 9.3.2): checks of health and links send it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Lets the route of GET answer HEAD, and keeps its body back; the headers stay, the length of the body among them.

    The layers before it see the request as it was sent: HEAD writes nothing, as GET.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
            elif not message.get("more_body", False):
                await send({**message, "body": b""})

        asked = {**scope, "method": "GET"}  # a copy: the server itself looks at the method that was sent
        try:
            await self._app(asked, receive, send_head)
        finally:
            if "route" in asked:
                scope["route"] = asked["route"]  # for the log and the counts
