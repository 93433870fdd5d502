"""Work of a request ends with its reason: when its client leaves, its deadline passes, or the service stops."""

import asyncio
import threading
import time
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.requests import Request
from starlette.types import Message, Receive

from warmtune.vocabulary.errors import UnavailableError
from warmtune.vocabulary.work import work_checked_by

_GRACE_S: Final = 5.0
"""For work to notice its deadline by itself, and to say so."""


class TooLongError(UnavailableError):
    """The request needs more time than one may take."""

    code = "took_too_long"


class ClientGoneError(UnavailableError):
    """Nobody waits for the answer any more."""

    code = "client_gone"


class StoppingError(UnavailableError):
    """The service stops."""

    code = "stopping"


class Work:
    """The work of one request; threads may share it."""

    def __init__(self, *, limit_s: float, stopping: threading.Event) -> None:
        self._limit_s = limit_s
        self._deadline = time.monotonic() + limit_s
        self._stopping = stopping
        self._is_left = False

    def leave(self) -> None:
        """Note that nobody waits any more."""
        self._is_left = True

    def check(self) -> None:
        """Return while the work is wanted.

        Raises:
            UnavailableError: If the client has left, the deadline has passed, or the service stops.
        """
        if self._is_left:
            raise ClientGoneError("nobody waits for this answer any more")
        if self._stopping.is_set():
            raise StoppingError("the service stops; try again in a moment")
        if time.monotonic() > self._deadline:
            raise self.too_long()

    def too_long(self) -> TooLongError:
        """The error for a deadline that has passed."""
        return TooLongError(
            "the answer takes longer than is allowed for one; ask for less", limit=f"{self._limit_s:g} s"
        )


class WorkUnderWay:
    """All work that requests wait for, and the word that ends it; threads may share it."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._work: weakref.WeakSet[Work] = weakref.WeakSet()

    def begin(self, limit_s: float) -> Work:
        """New work."""
        work = Work(limit_s=limit_s, stopping=self._stopping)
        self._work.add(work)
        return work

    def stop(self) -> None:
        """Let all of it end at its next look."""
        self._stopping.set()


@asynccontextmanager
async def waited_for(request: Request, under_way: WorkUnderWay, limit_s: float) -> AsyncIterator[Receive]:
    """Watch over a request: what it computes looks up by `check_wanted`.

    Gives what to receive the request's messages by, in place of the request's own.

    Raises:
        TooLongError: If it takes longer than `limit_s`.
    """
    work = under_way.begin(limit_s)
    watch = _Watch(request.receive, work, has_body=request.method in ("POST", "PUT", "PATCH"))
    watching = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(limit_s + _GRACE_S):
            with work_checked_by(work.check):
                yield watch.receive
    except TimeoutError as error:
        raise work.too_long() from error
    finally:
        work.leave()  # threads that are still at it may stop
        watching.cancel()


class _Watch:
    """Hands on the messages of a request's body, and then waits for the client to leave."""

    def __init__(self, receive: Receive, work: Work, *, has_body: bool) -> None:
        self._receive = receive
        self._work = work
        self._is_read = asyncio.Event()
        if not has_body:
            self._is_read.set()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._work.leave()
        if not message.get("more_body", False):
            self._is_read.set()
        return message

    async def run(self) -> None:
        await self._is_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._work.leave()
