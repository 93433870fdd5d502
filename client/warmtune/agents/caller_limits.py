"""How much callers may do at the same time in one MCP server that serves many."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from warmtune.vocabulary.errors import RateLimitError, UnavailableError

MAX_CALLS: Final = 8
"""Of one key at the same time: the SDK works on forty calls of all callers together."""
MAX_DESCRIBED: Final = 2
"""Tables that are described at the same time."""
MAX_WAITING: Final = 4
"""Tables that wait for it."""
RETRY_AFTER_S: Final = 5.0


class Turns:
    """Counts what is under way; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[bytes] = Counter()
        self._n_tables = 0
        self._room = threading.Semaphore(MAX_DESCRIBED)

    @contextmanager
    def call(self, key: str | None) -> Iterator[None]:
        """A caller's call, for as long as it takes.

        Raises:
            RateLimitError: If the same key already has as many under way as it may.
        """
        who = hashlib.sha256((key or "").encode()).digest()
        with self._lock:
            if self._calls[who] >= MAX_CALLS:
                raise RateLimitError("too many calls at the same time", limit=MAX_CALLS, retry_after_s=RETRY_AFTER_S)
            self._calls[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._calls[who] -= 1
                if not self._calls[who]:
                    del self._calls[who]

    @contextmanager
    def table(self) -> Iterator[None]:
        """A table that is described in this process, once it is its turn.

        Raises:
            UnavailableError: If too many wait already.
        """
        with self._lock:
            if self._n_tables >= MAX_DESCRIBED + MAX_WAITING:
                raise UnavailableError(
                    "too many tables are being described; try again, or let the service do it with upload",
                    limit=MAX_DESCRIBED + MAX_WAITING,
                )
            self._n_tables += 1
        try:
            with self._room:
                yield
        finally:
            with self._lock:
                self._n_tables -= 1
