"""One running job: the input of its function, and what it reports."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from learning.job_context import JobCancelledError, JobInterruptedError
from store.connections.database import Database
from store.connections.scope import Workspace
from store.jobs import JobRepository
from store.stored_job import StoredJob
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError, StorageFullError, UnavailableError

_WRITTEN_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Signals:
    """The reasons to stop a job early."""

    cancelled: threading.Event
    stopping: threading.Event


class RunningJob:
    """The context of one job; see `learning.job_context.JobContext`. Threads may share it."""

    def __init__(
        self, job: StoredJob, database: Database, *, directory: Path, stopping: threading.Event, limit_s: float
    ) -> None:
        self._job = job
        self._database = database
        self._directory = directory
        self._signals = Signals(threading.Event(), stopping)
        self._limit_s = limit_s
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._written = float("-inf")
        self._latest = (job.progress, job.message)
        self._logged = job.message
        self._stored = self._latest

    @property
    def job(self) -> StoredJob:
        """The stored job when the attempt began."""
        return self._job

    @property
    def job_id(self) -> str:
        """The job's identifier."""
        return self._job.job_id

    @property
    def workspace(self) -> Workspace:
        """The workspace of the job.

        Raises:
            NotFoundError: If the workspace was deleted meanwhile.
        """
        with self._database.reading() as connection:
            return WorkspaceRepository(connection).by_seq(self._job.workspace_seq)

    @property
    def attempt(self) -> int:
        """The number of the attempt, from 1."""
        return self._job.attempt

    @property
    def directory(self) -> Path:
        """A directory of the job's own, there until it has ended."""
        self._directory.mkdir(parents=True, exist_ok=True)
        return self._directory

    def report(self, progress: float, message: str = "") -> None:
        """Report progress and check whether to continue."""
        if not 0.0 <= progress <= 1.0:  # NaN is neither
            raise InvalidInputError("progress must be from 0 to 1", field="progress", value=progress, limit="0 to 1")
        with self._lock:
            self._latest = (progress, message)
            is_due = time.monotonic() - self._written >= _WRITTEN_EVERY_S
        if is_due:
            self.write()
        self.check()

    def check(self) -> None:
        """Return unless the job is to stop."""
        if self._signals.cancelled.is_set():
            raise JobCancelledError("the job was cancelled")
        if self._signals.stopping.is_set():
            raise JobInterruptedError("the service is stopping")
        elapsed_s = time.monotonic() - self._started
        if elapsed_s > self._limit_s:
            raise LimitExceededError(
                "the job has taken longer than is allowed",
                field="job_timeout_s",
                value=round(elapsed_s),
                limit=f"{self._limit_s:g} s",
            )

    def cancel(self) -> None:
        """Stop the job at its next check."""
        self._signals.cancelled.set()

    def catch_up(self) -> None:
        """Store progress that was reported too soon after other progress, and nothing since."""
        with self._lock:
            is_behind = self._latest != self._stored and time.monotonic() - self._written >= _WRITTEN_EVERY_S
        if is_behind:
            self.write()

    def write(self) -> None:
        """Store progress and a sign of life; read whether another service has cancelled the job.

        A database that is away doesn't end the work: how far it is will be written down the next time.
        """
        with self._lock:
            progress, message = self._latest
            self._written = time.monotonic()
            line = None if message == self._logged else message
        try:
            with self._database.writing() as connection:
                is_wanted = JobRepository(connection).note(
                    self.job_id, self._job.owner or "", progress=progress, message=message, line=line
                )
        except (UnavailableError, StorageFullError) as error:
            structlog.get_logger().warning("job_progress_unwritten", job_id=self.job_id, detail=error.message)
            return
        finally:
            with self._lock:
                self._written = time.monotonic()  # a wait for the database must not be followed by another at once
        with self._lock:
            self._logged = message
            self._stored = (progress, message)
        if not is_wanted:
            self.cancel()
