"""A job as the table `jobs` has it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import RowMapping

from store.connections.scope import COLUMN
from warmtune.vocabulary.job import Job, JobFailure, JobState

Json: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as the database has it.

    Attributes:
        job_id: Unique.
        seq: The order of arrival; unique.
        workspace_seq: Of whom it is.
        kind: Which function does it.
        request: What that is given.
        state: Where it stands.
        progress: From 0 to 1.
        message: What it is doing, or did last.
        result: What it gave; None unless it succeeded.
        failure: Why it failed; None unless it did.
        cancel_requested: Whether its cancellation was requested.
        attempt: How often it was begun.
        n_lost: How often in a row its attempt was lost without having got further than those before: see `Loss`.
        furthest: The progress of the lost attempt that got furthest.
        owner: The service that runs it, or ran it last.
        seen_alive_at: When its owner last said that it is at it.
        created_at: When it was queued.
        started_at: When it was last begun.
        finished_at: When it ended.
    """

    job_id: str
    seq: int
    workspace_seq: int
    kind: str
    request: Json
    state: JobState
    progress: float
    message: str
    result: Json | None
    failure: JobFailure | None
    cancel_requested: bool
    attempt: int
    n_lost: int
    furthest: float
    owner: str | None
    seen_alive_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def job(self) -> Job:
        """The job for callers; the service that runs it isn't shown."""
        return Job(**{field.name: getattr(self, field.name) for field in fields(Job)})


def stored_job(row: RowMapping) -> StoredJob:
    """The job of one row of the table `jobs`."""
    error = row["error"]
    return StoredJob(
        job_id=row["job_id"],
        seq=row["seq"],
        workspace_seq=row[COLUMN],
        kind=row["kind"],
        request=row["request"],
        state=JobState(row["state"]),
        progress=row["progress"],
        message=row["message"],
        result=row["result"],
        failure=None if error is None else JobFailure(**error),
        cancel_requested=row["cancel_requested"],
        attempt=row["attempt"],
        n_lost=row["n_lost"],
        furthest=row["furthest"],
        owner=row["owner"],
        seen_alive_at=row["seen_alive_at"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )
