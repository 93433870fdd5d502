"""For how long running jobs have given no sign of life, as one process has seen it itself."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from store.stored_job import StoredJob

LOOKS: Final = 3
"""So many looks in a row, a quarter of a lease apart, must find the same sign of life."""
_SHORTEST_GAP_S: Final = 1.0


class Silences:
    """Counts looks at running jobs; one thread uses it.

    A sign that is older than a lease means nothing by itself: where the database was away, or the whole machine stood
    still, every sign is old, and the process that looks first would take everybody's jobs. So whoever judges must have
    looked regularly meanwhile. One that was late itself begins anew.
    """

    def __init__(self, lease_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest_gap_s = max(lease_s / 2, _SHORTEST_GAP_S)
        self._clock = clock
        self._looked_at: float | None = None
        self._looks: dict[str, tuple[datetime | None, int]] = {}

    def forget(self) -> None:
        """Begin anew: a look has failed."""
        self._looks.clear()

    def look(self, jobs: Iterable[StoredJob]) -> None:
        """Note the signs of life of all running jobs."""
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at > self._longest_gap_s:
            self.forget()
        self._looked_at = now
        seen = {}
        for job in jobs:
            sign, n_looks = self._looks.get(job.job_id, (job.seen_alive_at, 0))
            seen[job.job_id] = (job.seen_alive_at, n_looks + 1 if sign == job.seen_alive_at else 1)
        self._looks = seen

    def is_sure(self, job: StoredJob) -> bool:
        """Whether enough looks in a row found this job's sign of life unchanged."""
        sign, n_looks = self._looks.get(job.job_id, (None, 0))
        return sign == job.seen_alive_at and n_looks >= LOOKS
