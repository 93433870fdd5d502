"""Large bodies are parsed and validated beside the event loop: few at a time, and a few more may wait."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import anyio
from anyio.to_thread import run_sync

from service.http.strict_json import LARGE
from warmtune.vocabulary.errors import UnavailableError

AT_A_TIME: Final = 2
WAIT_S: Final = 20.0

Result = TypeVar("Result")


class BodyReaders:
    """A pool of threads for large bodies, so that they never occupy the threads of the handlers."""

    def __init__(self, *, max_waiting: int) -> None:
        self._max_waiting = max_waiting
        self._limiter = anyio.CapacityLimiter(AT_A_TIME)

    async def run(self, n_bytes: int, read: Callable[[], Result]) -> Result:
        """Read a body of so many bytes: a small one at once, a large one in a thread.

        Raises:
            UnavailableError: If too many large ones wait already, or the ones before took too long.
        """
        if n_bytes < LARGE:
            return read()
        async with self._turn():
            return await run_sync(read, limiter=anyio.CapacityLimiter(1))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._limiter.statistics().tasks_waiting >= self._max_waiting:
            raise UnavailableError("too many large requests are waiting; try again in a moment", code="busy")
        borrower = object()
        try:
            with anyio.fail_after(WAIT_S):
                await self._limiter.acquire_on_behalf_of(borrower)
        except TimeoutError as error:
            raise UnavailableError(
                "large requests before yours took too long; try again in a moment", code="busy"
            ) from error
        try:
            yield
        finally:
            self._limiter.release_on_behalf_of(borrower)
