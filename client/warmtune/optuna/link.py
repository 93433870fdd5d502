"""The way to a service that may be away: left alone for a while after a failure, and spoken of once."""

import logging
import time
import weakref
from collections.abc import Callable
from typing import TypeVar

from warmtune.rest.async_connection import AsyncConnection
from warmtune.rest.calls import Call
from warmtune.rest.connection import Connection
from warmtune.rest.retries import Retry
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError, UnavailableError, WarmtuneError

FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 600.0
TIMEOUT_S = 30.0

ResultT = TypeVar("ResultT")

_logger = logging.getLogger(__name__)


class Link:
    """A connection, and whether it is worth using just now.

    After a failure nothing is sent for a pause, which doubles with each failure in a row, so that a service that is
    down or hangs doesn't slow a study. Not safe to share between threads without a lock.
    """

    def __init__(
        self, service: str | Connection | None, *, otherwise: str = "TPE", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            service: Its address, a connection that its owner closes, or None for that of the environment, or an
                embedded one.
            otherwise: What goes on without the service, for the warning.
            clock: Seconds, for the pauses.

        Raises:
            InvalidInputError: On an address that isn't http or https.
        """
        self._clock = clock
        self._otherwise = otherwise
        self._paused_until = -float("inf")
        self._n_failures = 0
        if isinstance(service, AsyncConnection):
            raise InvalidInputError(
                "Optuna is synchronous: pass the address or a warmtune.Client",
                field="service",
                value=service,
                limit="an address or a warmtune.Client",
            )
        if isinstance(service, Connection):
            self._connection = service
        else:
            self._own(Connection(service, timeout_s=TIMEOUT_S, retry=Retry(attempts=3)))

    def __reduce__(self) -> tuple[Callable[[Connection, str], "Link"], tuple[Connection, str]]:
        """Copy and pickle the connection only: another machine's clock has another zero."""
        return _reopened, (self._connection, self._otherwise)

    @property
    def is_paused(self) -> bool:
        """Whether the service is left alone now."""
        return self._clock() < self._paused_until

    @property
    def connection(self) -> Connection:
        """The connection."""
        return self._connection

    def send(self, call: Call[ResultT]) -> ResultT:
        """Send a call, as `Connection.send` does.

        Raises:
            UnavailableError: Also during a pause.
            WarmtuneError: What the service answered.
        """
        if self.is_paused:
            raise UnavailableError("requests to the service are paused after a failure")
        return self.connection.send(call)

    def succeeded(self) -> None:
        """Note that the service did what it should."""
        self._n_failures = 0

    def failed(self, error: Exception) -> None:
        """Note a failure, begin a pause, and warn if it is the first in a row; with its traceback if it is foreign."""
        if self.is_paused:
            return
        if self._n_failures == 0:
            refused = isinstance(error, (InvalidInputError, NotFoundError))  # waiting mends nothing
            until = "since the service refuses what it is asked" if refused else "until the service can be used again"
            message = f"sampling goes on as {self._otherwise}{',' if refused else ''} {until}: %s"
            if isinstance(error, WarmtuneError):
                what = f"{error.field} {error.value}: {error}" if error.field and error.value else str(error)
                _logger.warning(message, what)
            else:
                _logger.warning(message, f"{type(error).__name__}: {error}", exc_info=error)
        self._paused_until = self._clock() + min(FIRST_PAUSE_S * 2.0**self._n_failures, LONGEST_PAUSE_S)
        self._n_failures += 1

    def _own(self, connection: Connection) -> None:
        self._connection = connection
        weakref.finalize(self, connection.close)


def _reopened(copied: Connection, otherwise: str) -> Link:
    """A link that closes its connection itself: nobody else has the copy."""
    link = Link(copied, otherwise=otherwise)
    link._own(copied)
    return link
