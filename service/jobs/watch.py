"""Beside the work: signs of life, cancellations that others asked for, and jobs that dead services left."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import structlog

from service.jobs.job_end import leave
from service.jobs.job_run import RunningJob
from service.jobs.kinds import JobKinds
from service.jobs.owners import is_gone, is_silent
from service.jobs.silences import Silences
from service.settings import Settings
from store.connections.clock import database_now
from store.connections.database import Database
from store.jobs import JobRepository
from store.running_jobs import RunningJobRepository
from store.stored_job import StoredJob
from warmtune.vocabulary.errors import UnavailableError

LOOK_EVERY_S: Final = 1.0
"""For cancellations that another service was asked for."""
SIGNS: Final = 6
"""Signs of life within a lease: several may fail before a job counts as abandoned."""
LOOKS_AT_OTHERS: Final = 4
"""Looks at what others run, within a lease."""


class RunningJobs:
    """The jobs that this process works on, by identifier; threads share it."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        """Held while a job is begun, so that a cancellation finds it from then on; notified of jobs that are queued."""
        self._jobs: dict[str, RunningJob] = {}

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._jobs

    def all(self) -> list[RunningJob]:
        """Those of now; never waits for one that is being begun, which may take as long as the database does."""
        return list(self._jobs.copy().values())  # a dict is copied in one step

    def cancel(self, job_id: str) -> bool:
        """Let a job end at its next check; False where it isn't here."""
        with self.changed:
            running = self._jobs.get(job_id)
        if running is None:
            return False
        running.cancel()
        return True

    def add(self, job: RunningJob) -> None:
        """Begin; the caller holds `changed`."""
        self._jobs[job.job_id] = job

    @contextmanager
    def until_done(self, job: RunningJob) -> Iterator[None]:
        """Let a job be here as long as it is worked on."""
        try:
            yield
        finally:
            with self.changed:
                del self._jobs[job.job_id]


class JobSigns:
    """Signs of life of the jobs of this process.

    They have a thread of their own, which waits for nothing that work or looking after others waits for, and cost one
    statement: on a machine with too much to do, each wait of a thread beside the work may take a tenth of a second.
    """

    def __init__(self, database: Database, lease_s: float, *, owner: str, under_way: RunningJobs) -> None:
        self._database = database
        self._lease_s = lease_s
        self._owner = owner
        self._under_way = under_way

    @property
    def pause_s(self) -> float:
        """Between two signs."""
        return self._lease_s / SIGNS

    def step(self) -> bool:
        """Say that all jobs of this process are being worked on."""
        job_ids = [job.job_id for job in self._under_way.all()]
        if job_ids:
            with self._database.bookkeeping() as connection:
                RunningJobRepository(connection).keep_alive(job_ids, self._owner)
        return True


class JobWatch:
    """What has to be looked at every so often; each step may fail with the database, and is taken again."""

    def __init__(
        self, database: Database, kinds: JobKinds, settings: Settings, *, owner: str, under_way: RunningJobs
    ) -> None:
        self._database = database
        self._kinds = kinds
        self._settings = settings
        self._owner = owner
        self._under_way = under_way
        self._silences = Silences(settings.job_lease_s)
        self._last_look = time.monotonic()

    def step(self) -> bool:
        """Look for cancellations and unwritten progress, and a few times in a lease for jobs that others have left."""
        self.see_cancellations()
        for job in self._under_way.all():
            job.catch_up()
        if time.monotonic() - self._last_look >= self._settings.job_lease_s / LOOKS_AT_OTHERS:
            self._last_look = time.monotonic()
            self.give_up_abandoned()
        return True

    @property
    def pause_s(self) -> float:
        """Between two steps."""
        return min(LOOK_EVERY_S, self._settings.job_lease_s / LOOKS_AT_OTHERS)

    def see_cancellations(self) -> None:
        """Cancel jobs that this process is to stop; their next check ends them."""
        under_way = [job.job_id for job in self._under_way.all()]
        if not under_way:
            return
        with self._database.reading() as connection:
            unwanted = RunningJobRepository(connection).unwanted(under_way, self._owner)
        for job_id in unwanted:
            self._under_way.cancel(job_id)

    def give_up_abandoned(self) -> None:
        """Put jobs of processes that are gone back into the queue, or let them fail."""
        for job, why in self._abandoned():
            self._give_up(job, why)

    def _abandoned(self) -> list[tuple[StoredJob, str]]:
        """Running jobs whose owners are gone or silent, and which of the two."""
        lease = timedelta(seconds=self._settings.job_lease_s)
        try:
            with self._database.reading() as connection:
                running, now = RunningJobRepository(connection).all(), database_now(connection)
        except UnavailableError:
            self._silences.forget()  # owners could not write signs either
            raise
        self._silences.look(running)
        found = []
        for job in running:
            if job.job_id in self._under_way:
                continue
            if is_gone(job.owner or "", by=self._owner):
                found.append((job, "its process is gone"))
            elif is_silent(job, by=self._owner, lease=lease, now=now) and self._silences.is_sure(job):
                found.append((job, "its process has given no sign of life"))
        return found

    def _give_up(self, job: StoredJob, why: str) -> None:
        limit = self._settings.max_job_attempts
        with self._database.bookkeeping() as connection:
            left = RunningJobRepository(connection).unchanged(job)
            if left is None:
                return
            repository = JobRepository(connection)
            kind = self._kinds.get(left.kind) if left.kind in self._kinds else None
            leave(repository, left, kind, why, max_losses=limit)
            is_over = repository.get(left.job_id).state.is_final
        if is_over:
            shutil.rmtree(self._settings.job_directory / job.job_id, ignore_errors=True)
        structlog.get_logger().warning("job_abandoned", job_id=job.job_id, kind=job.kind, owner=job.owner, why=why)
        with self._under_way.changed:
            self._under_way.changed.notify_all()
