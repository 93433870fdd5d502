"""What counts against a job whose process went away: whether it gets further each time, or ends its process itself."""

from dataclasses import dataclass
from typing import Final

from store.stored_job import StoredJob

FURTHER: Final = 0.01
"""A job got further if its progress is larger by so much: a hundred such steps at most, so that no job is endless."""
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Loss:
    """What a job's row remembers of attempts that were lost.

    A killed machine is not the job's fault, but a job may be what kills it. The two look the same from outside; the
    second one doesn't get further by being tried again.

    Attributes:
        n_lost: Attempts lost in a row without having got further than those before.
        furthest: The largest progress of a lost attempt.
    """

    n_lost: int
    furthest: float

    @classmethod
    def of(cls, job: StoredJob) -> "Loss":
        """What is remembered once the present attempt of this job is lost."""
        is_further = job.progress >= job.furthest + FURTHER
        return cls(1 if is_further else job.n_lost + 1, max(job.progress, job.furthest))

    @property
    def pause_s(self) -> float:
        """How long the job waits before it is tried again: twice as long each time."""
        return float(min(_FIRST_PAUSE_S * 2 ** min(self.n_lost - 1, 10), _LONGEST_PAUSE_S))
