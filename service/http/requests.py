"""A request of the API: its content is read only once."""

import hashlib
from collections.abc import Collection
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Receive, Scope

from service.http.bodies import HOLD
from service.http.problems import UnsupportedMediaTypeError
from service.http.strict_json import LARGE
from service.http.uploads import ReceivedForm, receive_form
from service.spool import Spool

FORM = "multipart/form-data"


class ApiRequest(Request):
    """A request whose form, where it has one, is spooled and removed again with the request.

    Attributes:
        idempotency_digest: Of the caller's Idempotency-Key, once that is known to be the first of its kind.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self.idempotency_digest: str | None = None
        self._received: ReceivedForm | None = None

    @property
    def media_type(self) -> str:
        """The body's media type in lower case, without parameters."""
        return self.headers.get("content-type", "").split(";", 1)[0].strip().lower()

    @property
    def is_form(self) -> bool:
        """Whether the body is a multipart form."""
        return self.media_type == FORM

    async def bytes_of(self, media_type: str) -> bytes:
        """The body as it is.

        Raises:
            UnsupportedMediaTypeError: If it is of another type.
        """
        if self.media_type != media_type:
            raise UnsupportedMediaTypeError(
                f"send the file, with Content-Type: {media_type}",
                field="header.content-type",
                value=self.media_type,
                limit=media_type,
            )
        return await self.body()

    async def json_bytes(self) -> bytes:
        """The body, which is JSON or empty.

        Raises:
            UnsupportedMediaTypeError: If it is of another type.
        """
        body = await self.body()
        if body and not _is_json(self.media_type):
            raise UnsupportedMediaTypeError(
                "send JSON, with Content-Type: application/json",
                field="header.content-type",
                value=self.headers.get("content-type", ""),
                limit="application/json",
            )
        return body

    async def received_form(
        self, *, spool: Spool, max_field_bytes: int, fields: Collection[str] = ("request",)
    ) -> ReceivedForm:
        """The form, spooled when first asked for; its parts are ``file`` and these fields.

        Raises:
            MalformedRequestError: If the bytes are no form.
            LimitExceededError: On too many parts or too large a field.
            StorageFullError: If there is no room for the file.
            UnavailableError: If the directory for uploads can't be used.
        """
        if self._received is None:
            directory = await run_sync(spool.usable, limiter=spool.writers)
            self._received = await receive_form(
                self.stream(),
                self.headers.get("content-type", ""),
                directory=directory,
                max_field_bytes=max_field_bytes,
                is_digested="idempotency-key" in self.headers,
                hold=self.scope["state"][HOLD],
                writers=spool.writers,
                fields=fields,
            )
        return self._received

    async def content_digest(self) -> str:
        """Hash of the method, the address and the content; of a form, whatever the boundary of its parts."""
        content = self._received.digest if self._received is not None else await self.body()
        address = f"{self.method} {self.url.path}?{self.url.query}\n"
        if len(content) < LARGE:
            return _digest(address, content)
        return await run_in_threadpool(_digest, address, content)

    async def release(self) -> None:
        """Remove the spooled file, if there is one."""
        if self._received is not None:
            await run_in_threadpool(self._received.close)


def api_request(request: Request) -> ApiRequest:
    """The request of a route of the API.

    Raises:
        TypeError: On a route that isn't one: a mistake in the code.
    """
    if not isinstance(request, ApiRequest):
        raise TypeError("the route must have the route class ApiRoute")
    return request


def _digest(address: str, content: bytes) -> str:
    digest = hashlib.sha256(address.encode())
    digest.update(content)
    return digest.hexdigest()


async def _idempotency_digest(request: Request) -> str | None:
    return api_request(request).idempotency_digest


IdempotencyDigest = Annotated[str | None, Depends(_idempotency_digest)]
"""Digest of the caller and its Idempotency-Key; None without one."""


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))
