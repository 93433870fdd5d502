"""The work of a request is cancelled when its client disconnects, its deadline passes, or the service stops."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive

from warmtune.vocabulary.errors import UnavailableError
from warmtune.vocabulary.work import work_checked_by

_GRACE_S: Final = 2.0
"""For work to notice its deadline by itself; after that nobody waits for it any longer."""
_STOP_GRACE_S: Final = 0.5
_LOOK_AFTER_S: Final = 0.05
"""Before a client's leaving is looked for, once its request is there."""
_WITH_BODY: Final = ("POST", "PUT", "PATCH")

Answering = Callable[[Receive], Coroutine[Any, Any, Response]]


class TooLongError(UnavailableError):
    """The request needs more time than one may take."""

    code = "took_too_long"


class ClientGoneError(UnavailableError):
    """The client has disconnected."""

    code = "client_gone"


class StoppingError(UnavailableError):
    """The service stops."""

    code = "stopping"


class Work:
    """The work of one request; threads may share it."""

    def __init__(self, *, limit_s: float, stopping: threading.Event) -> None:
        self._limit_s = limit_s
        self._deadline = math.inf
        self._stopping = stopping
        self._is_left = False

    def begin(self) -> None:
        """Start the time limit: the whole request has been received."""
        if self._deadline == math.inf:
            self._deadline = time.monotonic() + self._limit_s

    def leave(self) -> None:
        """Note that the client has disconnected."""
        self._is_left = True

    def check(self) -> None:
        """Return unless the work is to be cancelled.

        Raises:
            UnavailableError: If the client has left, the deadline has passed, or the service stops.
        """
        if self._is_left:
            raise ClientGoneError("the client has disconnected")
        if self._stopping.is_set():
            raise stopping()
        if time.monotonic() > self._deadline:
            raise self.too_long()

    def too_long(self) -> TooLongError:
        """The error for a deadline that has passed."""
        return TooLongError(
            "the answer takes longer than is allowed for one; request less", limit=f"{self._limit_s:g} s"
        )


def stopping() -> StoppingError:
    """The error for a request that a stop has cut short."""
    return StoppingError("the service is stopping; try again in a moment")


class RunningWork:
    """All requests under way, and how they are stopped. Made and used by one event loop."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._is_over = False
        self._answers: dict[asyncio.Task[Response], _Wait] = {}

    @property
    def n_unfinished(self) -> int:
        """Answers being computed, including those of disconnected clients."""
        return len(self._answers)

    def stop(self) -> None:
        """Stop all of it: at its next check, or after half a second."""
        self._stopping.set()
        asyncio.get_running_loop().call_later(_STOP_GRACE_S, self._end_all)

    async def answer(self, request: Request, answering: Answering, *, limit_s: float) -> Response:
        """Wait for an answer until its time limit, or until its client has disconnected.

        The work learns from `check_wanted` that it is unwanted. Work that never checks continues to its end, and its
        writes stay: a client that repeats the request under the same Idempotency-Key gets its answer.

        Args:
            request: Whose messages `answering` is given the way to.
            answering: Makes the answer.
            limit_s: For all of it, once the request's body is there; how long that may take, `BodyLimit` says.

        Raises:
            ClientDisconnect: If the client leaves.
            TooLongError: If it takes too long.
            StoppingError: If the service stops meanwhile.
            WarmtuneError: What `answering` raises.
        """
        work = Work(limit_s=limit_s, stopping=self._stopping)
        wait = _Wait(request.receive, work, limit_s=limit_s)
        if request.method not in _WITH_BODY:
            wait.note_read()
        with work_checked_by(work.check):  # a task copies the context it is made in
            answer = asyncio.create_task(answering(wait.receive))
        self._answers[answer] = wait
        answer.add_done_callback(self._finished)
        answer.add_done_callback(wait.end)
        if self._is_over:
            wait.end()
        try:
            await wait.ended
            if answer.done():
                return answer.result()
            if wait.is_left:
                raise ClientDisconnect
            raise stopping() if self._is_over else work.too_long()
        except ClientGoneError as error:
            raise ClientDisconnect from error
        finally:
            work.leave()
            wait.close()

    def _end_all(self) -> None:
        self._is_over = True
        for wait in self._answers.values():
            wait.end()

    def _finished(self, answer: "asyncio.Task[Response]") -> None:
        self._answers.pop(answer, None)
        if not answer.cancelled():
            answer.exception()  # looked at: nobody may be left to do so


class _Wait:
    """The wait for one answer: until it is there, its client has disconnected, its time is over, or the service stops.

    It passes on the messages of the request's body, and looks for a disconnected client only where the answer takes
    long: most are there before a task that looks would have begun.

    Attributes:
        ended: Done once nothing more is waited for.
        is_left: Whether the client has disconnected.
    """

    def __init__(self, receive: Receive, work: Work, *, limit_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.is_left = False
        self._receive = receive
        self._work = work
        self._limit_s = limit_s
        self._timers: list[asyncio.TimerHandle] = []
        self._looking: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        """The next message of the body."""
        message = await self._receive()
        if not message.get("more_body", False):
            self.note_read()
        return message

    def note_read(self) -> None:
        """Start the time limit, once: the whole request is there."""
        if self._timers or self.ended.done():
            return
        self._work.begin()
        self._timers = [
            self._loop.call_later(self._limit_s + _GRACE_S, self.end),
            self._loop.call_later(_LOOK_AFTER_S, self._look),
        ]

    def end(self, _: object = None) -> None:
        """Wait no longer."""
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        """Look for nothing any more."""
        self.end()
        for timer in self._timers:
            timer.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _look(self) -> None:
        self._looking = self._loop.create_task(self._note_left())

    async def _note_left(self) -> None:
        """Return once the client has disconnected."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_left = True
        self.end()
