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
        self._stopped = asyncio.Event()
        self._answers: set[asyncio.Task[Response]] = set()

    @property
    def n_unfinished(self) -> int:
        """Answers being computed, including those of disconnected clients."""
        return len(self._answers)

    def stop(self) -> None:
        """Stop all of it: at its next check, or after half a second."""
        self._stopping.set()
        asyncio.get_running_loop().call_later(_STOP_GRACE_S, self._stopped.set)

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
        watch = _Watch(request.receive, has_body=request.method in ("POST", "PUT", "PATCH"), on_read=work.begin)
        with work_checked_by(work.check):  # a task copies the context it is made in
            answer = asyncio.create_task(answering(watch.receive))
        self._answers.add(answer)
        answer.add_done_callback(self._finished)
        left, stopped = asyncio.create_task(watch.left()), asyncio.create_task(self._stopped.wait())
        read = asyncio.create_task(watch.is_read.wait())
        try:
            ends = {answer, left, stopped}
            await asyncio.wait({*ends, read}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(ends, timeout=limit_s + _GRACE_S, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            if left.done():
                raise ClientDisconnect
            raise stopping() if stopped.done() else work.too_long()
        except ClientGoneError as error:
            raise ClientDisconnect from error
        finally:
            work.leave()
            left.cancel()
            stopped.cancel()
            read.cancel()

    def _finished(self, answer: "asyncio.Task[Response]") -> None:
        self._answers.discard(answer)
        if not answer.cancelled():
            answer.exception()  # looked at: nobody may be left to do so


class _Watch:
    """Passes on the messages of a request's body, then waits for the client to disconnect.

    Attributes:
        is_read: Set once the whole body was handed on.
    """

    def __init__(self, receive: Receive, *, has_body: bool, on_read: Callable[[], None]) -> None:
        self.is_read = asyncio.Event()
        self._receive = receive
        self._on_read = on_read
        if not has_body:
            self._note_read()

    async def receive(self) -> Message:
        message = await self._receive()
        if not message.get("more_body", False):
            self._note_read()
        return message

    def _note_read(self) -> None:
        self._on_read()
        self.is_read.set()

    async def left(self) -> None:
        """Return once the client has disconnected."""
        await self.is_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
