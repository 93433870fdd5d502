"""Jobs: long work that the service does in the background."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands; from a final state it never goes on."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a job failed: what an error of the family says."""

    code: str
    message: str
    field: str | None = None
    value: str | None = None
    limit: str | None = None


@dataclass(frozen=True, slots=True)
class JobLine:
    """A line of a job's log.

    Attributes:
        number: From 1, in order; where the job said very much, the first ones are forgotten.
        at: When it was written.
        text: For people.
    """

    number: int
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the service stores it.

    Attributes:
        job_id: Unique.
        kind: What is done: `refit`, for instance.
        request: What it was given.
        state: Where it stands.
        progress: From 0 to 1.
        message: What it is doing, or did last.
        result: What it gave; None unless it succeeded.
        failure: Why it failed; None unless it did.
        cancel_requested: Whether somebody wants it to end.
        attempt: How often it was begun; more than once if its service was stopped meanwhile.
        created_at: When it was queued.
        started_at: When it was last begun.
        finished_at: When it ended.
    """

    job_id: str
    kind: str
    request: Mapping[str, object]
    state: JobState
    progress: float
    message: str
    result: Mapping[str, object] | None
    failure: JobFailure | None
    cancel_requested: bool
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
