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
            has_turn = self._turn.acquire(timeout=min(self._patience_s, CROWD_PATIENCE_S if is_crowded else 1e6))
        finally:
            with self._counting:
                self._n_waiting -= 1
        if not has_turn:
            raise UnavailableError("the database is busy with other writes; try again in a moment", code="busy")
        try:
            yield max(self._patience_s - (time.monotonic() - started), 0.1)
        finally:
            self._turn.release()
