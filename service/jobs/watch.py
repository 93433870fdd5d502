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
from service.jobs.owners import is_abandoned
from service.settings import Settings
from store.connections.clock import database_now
from store.connections.database import Database
from store.jobs import JobRepository
from warmtune.vocabulary.job import JobState

LOOK_EVERY_S: Final = 1.0
"""For cancellations that another service was asked for."""


class RunningJobs:
    """The jobs that this process works on, by identifier; threads share it."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        """Held while a job is begun, so that a cancellation finds it from then on; notified of jobs that are queued."""
        self._jobs: dict[str, RunningJob] = {}

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._jobs

    def all(self) -> list[RunningJob]:
        """Those of now."""
        with self.changed:
            return list(self._jobs.values())

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


class JobWatch:
    """What has to be done every so often; each step may fail with the database, and is taken again."""

    def __init__(
        self, database: Database, kinds: JobKinds, settings: Settings, *, owner: str, under_way: RunningJobs
    ) -> None:
        self._database = database
        self._kinds = kinds
        self._settings = settings
        self._owner = owner
        self._under_way = under_way
        self._last_sign = time.monotonic()

    def step(self) -> bool:
        """Look for cancellations; in every quarter of a lease give a sign of life, and give up what others left."""
        self.see_cancellations()
        if time.monotonic() - self._last_sign >= self._settings.job_lease_s / 4:
            self._last_sign = time.monotonic()
            for job in self._under_way.all():
                job.write()
            self.give_up_abandoned()
        return True

    @property
    def pause_s(self) -> float:
        """Between two steps."""
        return min(LOOK_EVERY_S, self._settings.job_lease_s / 4)

    def see_cancellations(self) -> None:
        """Cancel jobs that this process is to stop; their next check ends them."""
        under_way = [job.job_id for job in self._under_way.all()]
        if not under_way:
            return
        with self._database.reading() as connection:
            unwanted = JobRepository(connection).unwanted(under_way, self._owner)
        for job_id in unwanted:
            self._under_way.cancel(job_id)

    def give_up_abandoned(self) -> None:
        """Put jobs of services that are gone back into the queue, or let them fail."""
        with self._database.reading() as connection:
            if not JobRepository(connection).count(JobState.RUNNING):
                return
        lease = timedelta(seconds=self._settings.job_lease_s)
        with self._under_way.changed, self._database.writing() as connection:
            repository = JobRepository(connection)
            running, now = repository.running(), database_now(connection)
            for job in running:
                if job.job_id in self._under_way or not is_abandoned(job, by=self._owner, lease=lease, now=now):
                    continue
                kind = self._kinds.get(job.kind) if job.kind in self._kinds else None
                leave(repository, job, kind, "its service is gone", max_attempts=self._settings.max_job_attempts)
                if repository.get(job.job_id).state.is_final:
                    shutil.rmtree(self._settings.job_directory / job.job_id, ignore_errors=True)
                structlog.get_logger().warning("job_abandoned", job_id=job.job_id, kind=job.kind, owner=job.owner)
            self._under_way.changed.notify_all()
