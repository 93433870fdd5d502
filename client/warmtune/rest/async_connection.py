"""Sending calls over HTTP in event loops."""

import asyncio
import copy
import itertools
import os
import random
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import SecretStr

from warmtune.rest.api_keys import hidden
from warmtune.rest.calls import Call
from warmtune.rest.certificates import Verify
from warmtune.rest.connection_settings import DEFAULT_TIMEOUT_S, ConnectionOptions, checked_opening, shown_connection
from warmtune.rest.heads import head_awaited_until
from warmtune.rest.problems import closed_error
from warmtune.rest.requests import Outcome, call_headers, opened_request, outcome_of, result
from warmtune.rest.retries import Retry
from warmtune.vocabulary.errors import InvalidInputError, UnavailableError

ResultT = TypeVar("ResultT")


class AsyncConnection:
    """Sends calls from event loops, each with connections of its own. Close it, or use an ``async with`` block."""

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | SecretStr | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        retry: Retry | None = None,
        transport: httpx.AsyncBaseTransport | Callable[[], httpx.AsyncBaseTransport] | None = None,
        verify: Verify | None = None,
    ) -> None:
        """Prepare, as `Connection` does."""
        try:
            api_key = hidden(api_key)
            self._opening = checked_opening(
                url, api_key=api_key, timeout_s=timeout_s, retry=retry, transport=transport, verify=verify
            )
        except InvalidInputError as error:  # what was refused may be a password, and tracebacks show variables
            del url, api_key
            raise error.with_traceback(None) from None
        self._http: dict[asyncio.AbstractEventLoop, tuple[ConnectionOptions, httpx.AsyncClient]] = {}
        self._renewal = threading.Lock()
        self._loops = threading.Lock()
        self._process_id = os.getpid()
        self._n_opened = 0
        self._is_closed = False

    def __reduce__(self) -> tuple[object, ...]:
        """A pickle opens connections of its own, as a loop does."""
        self._opening.check_can_be_pickled()
        return _made, (type(self), self._opening.as_given())

    def __copy__(self) -> Self:
        return _made(type(self), self._opening.as_given())

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return copy.copy(self)

    async def send(self, call: Call[ResultT]) -> ResultT:
        """Send a call, again if need be, and read its answer; raises as `Connection.send`."""
        headers, ends_at = call_headers(call), self._opening.ends_at()
        for attempt in itertools.count(1):
            outcome = await self._attempt(call, headers)
            jitter, left_s = random.SystemRandom().random(), ends_at - time.monotonic()
            delay_s = self._opening.retry.delay_s(attempt, outcome, jitter=jitter, left_s=left_s)
            if delay_s is None:
                break
            await asyncio.sleep(delay_s)
            if self._opening.lease is not None and isinstance(outcome, httpx.ConnectError):
                await self._join_again(self._opening)
        return result(call, outcome, self._opening)

    async def _join_again(self, failed: ConnectionOptions) -> None:
        """Join the embedded service that takes the place of one that has died, once for all tasks and loops."""
        await asyncio.to_thread(self._renew, failed)
        loop = asyncio.get_running_loop()
        with self._loops:
            is_dead = loop in self._http and self._http[loop][0] is failed
            dead = self._http.pop(loop)[1] if is_dead else None
        if dead is not None:
            await dead.aclose()

    def _renew(self, failed: ConnectionOptions) -> None:
        with self._renewal:
            if self._opening is failed:
                self._opening = failed.renewed()

    async def _attempt(self, call: Call[ResultT], headers: dict[str, str]) -> Outcome:
        http = self._current()
        if self._opening.is_abandoned:
            return httpx.ConnectError("the embedded service has ended")
        with opened_request(http, call, headers) as request:
            try:
                async with head_awaited_until(request, self._opening.timeout_s):
                    response = await http.send(request, stream=True)
                try:
                    arrival = self._opening.arrival(response)
                    async for piece in response.aiter_bytes():
                        arrival.add(piece)
                finally:
                    await response.aclose()
                return arrival.whole()
            except Exception as failure:  # noqa: BLE001  # of httpx, TLS, sockets, or the file that is being sent
                self._check_open()
                return outcome_of(failure, self._opening)

    def _current(self) -> httpx.AsyncClient:
        """The connections of the running loop: those of another loop, or of a forked process's parent, are dead.

        Raises:
            UnavailableError: If no loop of asyncio runs, but say one of trio.
        """
        self._check_open()
        if self._process_id != os.getpid():
            self._http, self._loops, self._renewal = {}, threading.Lock(), threading.Lock()
            self._process_id = os.getpid()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError as error:
            raise UnavailableError(
                f"an AsyncClient works in an event loop of asyncio: {error}", field="client", code="no_event_loop"
            ) from None
        with self._loops:  # several threads may each run one
            return self._of_loop(loop)

    def _of_loop(self, loop: asyncio.AbstractEventLoop) -> httpx.AsyncClient:
        opening = self._opening
        if loop not in self._http or self._http[loop][0] is not opening:
            self._http = {other: http for other, http in self._http.items() if not other.is_closed()}
            if self._n_opened:
                opening.check_can_reopen("a second event loop")
            self._http[loop] = opening, opening.async_client()
            self._n_opened += 1
        return self._http[loop][1]

    def _check_open(self) -> None:
        if self._is_closed:
            raise closed_error()

    async def close(self) -> None:
        """Let go of the connections; the object can't be used any more."""
        self._is_closed = True
        with self._loops:
            own = self._http.get(asyncio.get_running_loop())
            self._http = {}
        if own is not None:
            await own[1].aclose()
        if self._opening.lease is not None:
            self._opening.lease.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return shown_connection(self, type(self).__name__)


ConnectionT = TypeVar("ConnectionT", bound=AsyncConnection)


def _made(kind: type[ConnectionT], given: dict[str, object]) -> ConnectionT:
    return kind(**given)  # type: ignore[arg-type]  # what `ConnectionOptions.as_given` has put there
