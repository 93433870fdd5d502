"""Connections from the server's side: limited by the number of open files, and each with a time limit."""

import asyncio
import resource
import time
from typing import Any, Final

import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S: Final = 10.0
"""From the first byte, or the connection itself, to the end of a request's headers."""
UNREAD_S: Final = 30.0
"""That an answer may lie unread by its client."""
_SPARE_FILES: Final = 256
"""For the database, the spool, child processes and pipes."""
ACCEPTED_AT_ONCE: Final = 64
"""Before any of them can be closed again: the spare files must do for them, too."""
_LOGGED_EVERY_S: Final = 10.0


def connection_limit(wanted: int) -> int:
    """How many connections there are files for; the limit on open files is raised as far as it may be.

    Args:
        wanted: At most so many.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted + _SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < enough:
        soft = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else max(min(wanted, soft - _SPARE_FILES), 16)


class ConnectionRoom:
    """How many connections there may be, and how much they may leave unread; for one event loop.

    Attributes:
        limit: Open connections.
        unread_bytes: Answers that wait in memory for clients to read them, over all connections.
    """

    def __init__(self, limit: int, *, unread_bytes: int) -> None:
        self.limit = limit
        self.unread_bytes = unread_bytes
        self._logged: dict[str, float] = {}

    def tell(self, n_open: int) -> None:
        """Log that there is no room, now and then."""
        self._warn("too_many_connections", n_open=n_open, limit=self.limit)

    def tell_unread(self, n_closed: int) -> None:
        """Log, now and then, that answers were dropped."""
        self._warn("too_much_unread", n_closed=n_closed, limit=self.unread_bytes)

    def _warn(self, event: str, **facts: int) -> None:
        """Log an event unless the same one was logged a moment ago."""
        now = time.monotonic()
        if now - self._logged.get(event, float("-inf")) > _LOGGED_EVERY_S:
            self._logged[event] = now
            structlog.get_logger().warning(event, **facts)


class BoundedProtocol(H11Protocol):
    """uvicorn's connection with an end to every wait for its client.

    With too many of them the one that has been idle for longest is closed, so that a new client is always heard. With
    too much that clients leave unread, those that haven't read for longest are closed.
    Bodies are the business of `service.http.bodies`.
    """

    room: ConnectionRoom
    """Of the server; its own subclass has it, see `bounded_protocol`."""

    def __init__(self, *arguments: Any, **given: Any) -> None:
        super().__init__(*arguments, **given)
        self._headers_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._idle_since = time.monotonic()
        self._unread_since = float("inf")

    @property
    def is_idle(self) -> bool:
        """Whether no request is being handled."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, and close another where there are too many."""
        super().connection_made(transport)
        self._headers_timer = self.loop.call_later(HEADERS_S, self._abort_if_idle)
        if len(self.connections) > self.room.limit:
            self.room.tell(len(self.connections))
            idle = [one for one in self.connections if isinstance(one, BoundedProtocol) and one.is_idle]
            oldest = min(idle, key=lambda one: one._idle_since) if idle else self
            oldest.transport.abort()
            self.connections.discard(oldest)  # now, not at the next turn of the loop: more may come before

    def data_received(self, data: bytes) -> None:
        """Begin to wait for headers with the first byte of a request; further bytes buy no time."""
        if self.is_idle and self._headers_timer is None:
            self._headers_timer = self.loop.call_later(HEADERS_S, self._abort_if_idle)
        super().data_received(data)
        if not self.is_idle:
            self._stop_timer("_headers_timer")

    def on_response_complete(self) -> None:
        """Mark the connection as idle."""
        self._idle_since = time.monotonic()
        self._stop_timer("_headers_timer")
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client doesn't read its answer: wait for it within a time limit."""
        super().pause_writing()
        if self._unread_timer is None:
            self._unread_timer = self.loop.call_later(UNREAD_S, self.transport.abort)
            self._unread_since = time.monotonic()
        self._bound_unread()

    def resume_writing(self) -> None:
        """The client reads again: cancel the time limit."""
        self._stop_timer("_unread_timer")
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel all timers."""
        self._stop_timer("_headers_timer")
        self._stop_timer("_unread_timer")
        super().connection_lost(exc)

    def _bound_unread(self) -> None:
        """Close those that haven't read for longest while all together leave too much in memory; one may have it."""
        behind = [one for one in self.connections if isinstance(one, BoundedProtocol) and one._unread_timer is not None]
        unread = sum(one.transport.get_write_buffer_size() for one in behind)
        if unread <= self.room.unread_bytes:
            return
        behind.sort(key=lambda one: one._unread_since)
        n_closed = 0
        for one in behind[:-1]:
            if unread <= self.room.unread_bytes:
                break
            unread -= one.transport.get_write_buffer_size()
            one.transport.abort()
            n_closed += 1
        if n_closed:
            self.room.tell_unread(n_closed)

    def _abort_if_idle(self) -> None:
        self._headers_timer = None
        if self.is_idle:
            self.transport.abort()

    def _stop_timer(self, name: str) -> None:
        timer = getattr(self, name)
        if timer is not None:
            timer.cancel()
            setattr(self, name, None)


def bounded_protocol(room: ConnectionRoom) -> type[BoundedProtocol]:
    """The protocol of a server, which uvicorn makes with arguments of its own."""
    return type("ServerProtocol", (BoundedProtocol,), {"room": room})
