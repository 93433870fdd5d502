"""A limit for the head of an answer, which httpx has for each piece of it only: a server may trickle it for ever."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

_awaits_head: ContextVar[bool] = ContextVar("warmtune_awaits_head", default=False)
_SENT = ".send_request_body.complete"
_BEGUN = ".receive_response_headers.complete"


@contextmanager
def head_awaited() -> Iterator[None]:
    """While the head of an answer is waited for, over connections of `limited`."""
    token = _awaits_head.set(True)
    try:
        yield
    finally:
        _awaits_head.reset(token)


@asynccontextmanager
async def head_awaited_until(request: httpx.Request, timeout_s: float | None) -> AsyncIterator[None]:
    """The same in an event loop, over any connection that reports its steps.

    Raises:
        httpx.ReadTimeout: If the head isn't there so many seconds after the request was sent.
    """
    limit = asyncio.timeout(None)

    async def step(name: str, info: dict[str, Any]) -> None:
        if timeout_s is not None and name.endswith(_SENT):
            limit.reschedule(asyncio.get_running_loop().time() + timeout_s)
        elif name.endswith(_BEGUN):
            limit.reschedule(None)

    request.extensions = {**request.extensions, "trace": step}
    try:
        async with limit:
            yield
    except TimeoutError:
        raise httpx.ReadTimeout(f"the head of the answer was not there within {timeout_s:g} s") from None


def limited(transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
    """The transport, whose connections give a head no longer than the timeout for reading from the request on."""
    pool = transport._pool  # httpx has no other way to say what httpcore opens connections with
    pool._network_backend = _Backend(pool._network_backend)
    return transport


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(  # noqa: PLR0917  # httpcore's signature
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection; the time for a head counts from what was last sent."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._sent_at = time.monotonic()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if timeout is not None and _awaits_head.get():
            left_s = self._sent_at + timeout - time.monotonic()
            if left_s <= 0.0:
                raise httpcore.ReadTimeout(f"the head of the answer was not there within {timeout:g} s")
            timeout = left_s
        return self._inner.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)
        self._sent_at = time.monotonic()

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
