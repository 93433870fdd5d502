"""Whose turn it is to write: within a process one writer at a time, and no queue that blocks all else."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from warmtune.vocabulary.errors import UnavailableError

CROWD: Final = 24
"""So many writers may wait for long: with more, the threads of the service would all wait, readers' too."""
CROWD_PATIENCE_S: Final = 2.0
_LOOK_UP_S: Final = 0.2


class WriteTurns:
    """Lets the writers of this process to the database one by one; threads may share it.

    SQLite has one writer at a time anyway, but it neither queues them nor tells how many there are: each looks anew now
    and then, and the unlucky one fails. Here they wait for each other, and only one competes with other processes.
    """

    def __init__(self, *, patience_s: float) -> None:
        self._patience_s = patience_s
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._n_waiting = 0
        self._moved = time.monotonic()

    @contextmanager
    def take(self) -> Iterator[float]:
        """Wait for one's turn; gives the seconds of patience that are left for other processes' writers.

        Raises:
            UnavailableError: If it takes too long, or if many wait already and nothing moves.
        """
        with self._counting:
            is_crowded = self._n_waiting >= CROWD
            self._n_waiting += 1
        started = time.monotonic()
        try:
            has_turn = self._wait(started, is_crowded=is_crowded)
        finally:
            with self._counting:
                self._n_waiting -= 1
        if not has_turn:
            raise UnavailableError("the database is busy with other writes; try again in a moment", code="busy")
        try:
            yield max(self._patience_s - (time.monotonic() - started), 0.1)
        finally:
            self._moved = time.monotonic()
            self._turn.release()

    def _wait(self, started: float, *, is_crowded: bool) -> bool:
        """Wait for the turn; of a crowd, only as long as the queue moves."""
        while True:
            now = time.monotonic()
            if now - started >= self._patience_s:
                return False
            if is_crowded and now - max(started, self._moved) >= CROWD_PATIENCE_S:
                return False
            if self._turn.acquire(timeout=min(_LOOK_UP_S, self._patience_s)):
                return True
