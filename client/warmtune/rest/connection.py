"""Sending calls over HTTP in threads: a thin shell around the pure parts that `AsyncConnection` uses, too."""

import copy
import itertools
import os
import random
import time
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import SecretStr

from warmtune.rest.api_keys import hidden
from warmtune.rest.calls import Call
from warmtune.rest.certificates import Verify
from warmtune.rest.connection_settings import DEFAULT_TIMEOUT_S, ConnectionOptions, checked_opening, shown_connection
from warmtune.rest.heads import head_awaited
from warmtune.rest.own_service import Lease
from warmtune.rest.problems import closed_error
from warmtune.rest.requests import Outcome, call_headers, opened_request, outcome_of, result
from warmtune.rest.retries import Retry
from warmtune.vocabulary.errors import InvalidInputError

ResultT = TypeVar("ResultT")


class Connection:
    """Sends calls and waits for their answers.

    Threads may share one. A forked process opens connections of its own: two that share one get each other's answers.
    Close it, or use it in a ``with`` block.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | SecretStr | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | Callable[[], httpx.BaseTransport] | None = None,
        verify: Verify | None = None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            url: The service's address, e.g. ``http://127.0.0.1:8000``; by default that of ``WARMTUNE_URL``.
                Without either, a service is joined or started on this machine for its user, as long as it is in use.
            api_key: Sent as a bearer token; a string, or pydantic's `SecretStr`. By default that of
                ``WARMTUNE_API_KEY``, unless it belongs to the service of ``WARMTUNE_URL`` and `url` is another one.
            timeout_s: Longest silence of the service within one attempt, above 0; infinity is no limit.
            retry: How often and how fast failed attempts are repeated; by default 4 attempts within seconds.
            transport: How requests leave the process, or a function that makes that (for processes that fork);
                httpx's own by default.
            verify: The certificate authorities that vouch for an https service: the path of a file or folder, an
                ``ssl.SSLContext``, or False to take any certificate. By default the path in ``WARMTUNE_CA_BUNDLE``,
                ``SSL_CERT_FILE``, ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE`` or ``SSL_CERT_DIR``, else the well-known
                ones.

        Raises:
            InvalidInputError: Naming the argument, or the variable of the environment, that can't be used.
        """
        try:
            api_key = hidden(api_key)
            self._opening = checked_opening(
                url, api_key=api_key, timeout_s=timeout_s, retry=retry, transport=transport, verify=verify
            )
        except InvalidInputError as error:  # what was refused may be a password, and tracebacks show variables
            url = api_key = None
            raise error.with_traceback(None) from None
        self._start()

    def _start(self) -> None:
        self._http = self._opening.client()
        self._process_id = os.getpid()
        # of copies and of what nobody closes; a fork lets its parent's connections alone
        weakref.finalize(self, _close_own, self._http, self._process_id, self._opening.lease).atexit = False
        self._is_closed = False
        self._unsent: list[weakref.WeakMethod[Callable[[], None]]] = []

    @property
    def is_embedded(self) -> bool:
        """Whether the service runs on this machine for its user, joined or started since no address was given."""
        return self._opening.lease is not None

    def __reduce__(self) -> tuple[object, ...]:
        """A pickle, in another process, opens connections of its own."""
        self._opening.check_can_be_pickled()
        return _made, (type(self), self._opening.as_given())

    def __copy__(self) -> Self:
        if self._opening.lease is not None:  # each has its own
            return _made(type(self), self._opening.as_given())
        return _opened(type(self), self._opening)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return copy.copy(self)

    def send(self, call: Call[ResultT]) -> ResultT:
        """Send a call, again if need be, and read its answer.

        Raises:
            UnavailableError: If the service can't be reached in time, or the client is closed.
            ServiceError: If it failed, or answered something unreadable.
            WarmtuneError: What else the service answered.
        """
        headers, ends_at = call_headers(call), self._opening.ends_at()
        for attempt in itertools.count(1):
            outcome = self._attempt(call, headers)
            jitter, left_s = random.SystemRandom().random(), ends_at - time.monotonic()
            delay_s = self._opening.retry.delay_s(attempt, outcome, jitter=jitter, left_s=left_s)
            if delay_s is None:
                break
            time.sleep(delay_s)
            if self._opening.lease is not None and isinstance(outcome, httpx.ConnectError):
                self._join_again()
        return result(call, outcome, self._opening)

    def _attempt(self, call: Call[ResultT], headers: dict[str, str]) -> Outcome:
        http = self._current()
        if self._opening.is_abandoned:
            return httpx.ConnectError("the embedded service has ended")
        with opened_request(http, call, headers) as request:
            try:
                with head_awaited():
                    response = http.send(request, stream=True)
                try:
                    arrival = self._opening.arrival(response)
                    for piece in response.iter_bytes():
                        arrival.add(piece)
                finally:
                    response.close()
                return arrival.whole()
            except Exception as failure:  # noqa: BLE001  # of httpx, TLS, sockets, or the file that is being sent
                self._check_open()
                return outcome_of(failure, self._opening)

    def _current(self) -> httpx.Client:
        """This process's connections."""
        self._check_open()
        if self._process_id != os.getpid():
            self._opening.check_can_reopen("a forked process")
            self._start()
        return self._http

    def _join_again(self) -> None:
        """Join the embedded service that takes the place of one that has died."""
        self._http.close()
        self._opening = self._opening.renewed()
        self._start()

    def _check_open(self) -> None:
        if self._is_closed:
            raise closed_error()

    def before_closing(self, send: Callable[[], None]) -> None:
        """Have what waits to be sent be sent before this is closed.

        Args:
            send: A method, of an object that is not kept for this; it must not raise.
        """
        if all(known() != send for known in self._unsent):
            self._unsent = [known for known in self._unsent if known() is not None]
            self._unsent.append(weakref.WeakMethod(send))

    def close(self) -> None:
        """Let go of the connections; the object can't be used any more."""
        for known in self._unsent:
            send = known()
            if send is not None:
                send()
        self._unsent = []
        self._is_closed = True
        if self._process_id == os.getpid():  # else they are the parent's
            self._http.close()
        if self._opening.lease is not None:
            self._opening.lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return shown_connection(self, type(self).__name__)


def _close_own(http: httpx.Client, process_id: int, lease: Lease | None) -> None:
    if process_id == os.getpid():
        http.close()
        if lease is not None:
            lease.release()


ConnectionT = TypeVar("ConnectionT", bound=Connection)


def _opened(kind: type[ConnectionT], opening: ConnectionOptions) -> ConnectionT:
    connection = kind.__new__(kind)
    connection._opening = opening
    connection._start()
    return connection


def _made(kind: type[ConnectionT], given: dict[str, object]) -> ConnectionT:
    return kind(**given)  # type: ignore[arg-type]  # what `ConnectionOptions.as_given` has put there
