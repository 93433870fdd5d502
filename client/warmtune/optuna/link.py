"""The way to a service that may be away: left alone for a while after a failure, and spoken of once."""

import copy
import logging
import os
import time
import weakref
from collections.abc import Callable
from typing import TypeVar

from warmtune.rest.calls import Call
from warmtune.rest.connection import Connection
from warmtune.rest.retries import Retry
from warmtune.vocabulary.errors import UnavailableError, WarmtuneError

FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 600.0
TIMEOUT_S = 30.0

ResultT = TypeVar("ResultT")

_logger = logging.getLogger(__name__)


class Link:
    """A connection, and whether it is worth using just now.

    After a failure nothing is sent for a pause, which doubles with each failure in a row, so that a service that is
    down or hangs doesn't slow a study. Each process has connections of its own: those of a pickled or forked link are
    opened anew. Not safe to share between threads without a lock.
    """

    def __init__(self, service: str | Connection, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; nothing is sent yet.

        Args:
            service: Its address, or a connection that its owner closes.
            clock: Seconds, for the pauses.

        Raises:
            InvalidInputError: On an address that isn't http or https.
        """
        self._clock = clock
        self._paused_until = -float("inf")
        self._n_failures = 0
        if isinstance(service, Connection):
            self._connection, self._process_id = service, os.getpid()
        else:
            self._own(Connection(service, timeout_s=TIMEOUT_S, retry=Retry(attempts=3)))

    def __reduce__(self) -> tuple[Callable[[Connection], "Link"], tuple[Connection]]:
        """Copy and pickle the connection only: another machine's clock has another zero."""
        return _reopened, (self._connection,)

    @property
    def is_paused(self) -> bool:
        """Whether the service is left alone now."""
        return self._clock() < self._paused_until

    @property
    def connection(self) -> Connection:
        """This process's connection."""
        if self._process_id != os.getpid():
            self._own(copy.copy(self._connection))
        return self._connection

    def send(self, call: Call[ResultT]) -> ResultT:
        """Send a call, as `Connection.send` does.

        Raises:
            UnavailableError: Also during a pause.
            WarmtuneError: What the service answered.
        """
        if self.is_paused:
            raise UnavailableError("the service is left alone for a while after a failure")
        return self.connection.send(call)

    def succeeded(self) -> None:
        """Note that the service did what it should."""
        self._n_failures = 0

    def failed(self, error: WarmtuneError) -> None:
        """Note a failure, begin a pause, and warn if it is the first in a row."""
        if self.is_paused:
            return
        if self._n_failures == 0:
            what = f"{error.field} {error.value}: {error}" if error.field and error.value else str(error)
            _logger.warning("sampling goes on as TPE until the service can be used again: %s", what)
        self._paused_until = self._clock() + min(FIRST_PAUSE_S * 2.0**self._n_failures, LONGEST_PAUSE_S)
        self._n_failures += 1

    def _own(self, connection: Connection) -> None:
        self._connection, self._process_id = connection, os.getpid()
        weakref.finalize(self, connection.close)


def _reopened(copied: Connection) -> Link:
    """A link that closes its connection itself: nobody else has the copy."""
    link = Link(copied)
    link._own(copied)
    return link
