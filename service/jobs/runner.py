"""The queue of jobs and the threads that do them."""

import copy
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Self

import structlog

from service.jobs.ending import JobPutBackError, Outcome, attempt, leave, write_outcome
from service.jobs.kinds import JobKind, JobKinds
from service.jobs.leftovers import clear_leftovers
from service.jobs.owners import is_abandoned, new_owner
from service.jobs.running import RunningJob
from service.measures import Measures
from service.settings import Settings
from store.clock import database_now
from store.database import Database
from store.jobs import JobRepository, Json, StoredJob
from warmtune.vocabulary.errors import StorageFullError, UnavailableError
from warmtune.vocabulary.job import JobState

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_LOOK_EVERY_S = 2.0  # for jobs of other services; one's own are begun at once


class BusyError(UnavailableError):
    """Too many jobs are queued."""

    code = "busy"


class JobRunner:
    """Queues jobs and does them, a few at a time; threads may share it.

    Services on one database share the queue: each job is begun by one of them. What a service left under way when it
    was killed goes back into the queue or fails: at the next start on its machine, or once its lease is over.
    """

    def __init__(self, database: Database, kinds: JobKinds, settings: Settings, *, measures: Measures) -> None:
        self._database = database
        self._kinds = kinds
        self._settings = settings
        self._measures = measures
        self._owner = new_owner()
        self._wake = threading.Condition()
        self._stopping = threading.Event()
        self._running: dict[str, RunningJob] = {}
        self._threads: list[threading.Thread] = []

    def of(self, database: Database) -> Self:
        """The same runner, for whoever queues and cancels jobs of the workspace that a database is bound to."""
        bound = copy.copy(self)
        bound._database = database
        return bound

    def start(self) -> None:
        """Take up what was left behind, and begin to work."""
        self._give_up_abandoned()
        clear_leftovers(self._settings.job_directory, self._database)
        loops = [self._work] * self._settings.job_workers + [self._stay_alive]
        # daemons never keep the process from ending; what they leave is taken up at the next start
        self._threads = [threading.Thread(target=loop, name="warmtune-jobs", daemon=True) for loop in loops]
        for thread in self._threads:
            thread.start()

    def submit(self, kind: str, request: Json, *, prepare: Callable[[Path], None] | None = None) -> StoredJob:
        """Queue a job.

        Args:
            kind: Its kind.
            request: What it is given.
            prepare: Puts what doesn't fit into a request into the job's directory, before the job can begin.

        Raises:
            NotFoundError: If there is no such kind.
            UnavailableError: If too many are queued.
        """
        self._kinds.get(kind)
        job_id = f"job_{uuid.uuid4().hex}"
        directory = self._settings.job_directory / job_id
        try:
            if prepare is not None:
                directory.mkdir(parents=True)
                prepare(directory)
            job = self._queue(job_id, kind, request)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        with self._wake:
            self._wake.notify()
        return job

    def _queue(self, job_id: str, kind: str, request: Json) -> StoredJob:
        limit = self._settings.max_queued_jobs
        with self._database.writing() as connection:
            repository = JobRepository(connection)
            if repository.count(JobState.QUEUED) >= limit:
                raise BusyError("too many jobs are queued; try again later", field="kind", value=kind, limit=limit)
            repository.drop_ended(max_kept=self._settings.max_kept_jobs)
            return repository.queue(job_id, kind, request)

    def cancel(self, job_id: str) -> StoredJob:
        """Cancel a job: at once while it is queued, else at its next check; one that has ended stays as it is.

        Raises:
            NotFoundError: If there is no such job.
        """
        with self._database.writing() as connection:
            job = JobRepository(connection).request_cancel(job_id)
        with self._wake:
            running = self._running.get(job_id)
        if running is not None:
            running.cancel()
        elif job.state.is_final:
            shutil.rmtree(self._directory(job), ignore_errors=True)  # of an interrupted one that waited to go on
        return job

    def interrupt(self) -> None:
        """Begin nothing more, and interrupt what is under way."""
        self._stopping.set()

    def close(self, timeout_s: float) -> None:
        """Interrupt what is under way, and wait up to `timeout_s` for it to leave off."""
        self.interrupt()
        with self._wake:
            self._wake.notify_all()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.0))

    def _work(self) -> None:
        while not self._stopping.is_set():
            if not _survives(self._do_next):
                self._rest()

    def _rest(self) -> None:
        with self._wake:
            if not self._stopping.is_set():
                self._wake.wait(_LOOK_EVERY_S)

    def _do_next(self) -> bool:
        """Do the oldest queued job; False where there is none."""
        with self._database.reading() as connection:  # looking takes no write lock
            if not JobRepository(connection).count(JobState.QUEUED, kinds=list(self._kinds)):
                return False
        with self._wake:  # known as running from the moment it is, so that a cancellation finds it
            with self._database.writing() as connection:
                job = JobRepository(connection).claim(self._owner, list(self._kinds))
            if job is None:
                return False
            running = self._running[job.job_id] = self._context_of(job)
        try:
            self._do(job, running)
        finally:
            with self._wake:
                del self._running[job.job_id]
        return True

    def _context_of(self, job: StoredJob) -> RunningJob:
        return RunningJob(
            job,
            self._database,
            directory=self._directory(job),
            stopping=self._stopping,
            limit_s=self._settings.job_timeout_s,
        )

    def _do(self, job: StoredJob, running: RunningJob) -> None:
        log = structlog.get_logger().bind(job_id=job.job_id, kind=job.kind, attempt=job.attempt)
        log.info("job_begun")
        started = time.monotonic()
        kind = self._kinds.get(job.kind)
        outcome = attempt(kind, running, job.request)
        if isinstance(outcome, JobPutBackError):  # its attempts are few: they are not spent while nothing has changed
            self._stopping.wait(min(_FIRST_PAUSE_S * 2**job.attempt, _LONGEST_PAUSE_S))
        state = self._written(job, kind, outcome)
        if state is None:
            return
        if state.is_final:
            shutil.rmtree(self._directory(job), ignore_errors=True)
        elapsed_s = time.monotonic() - started
        self._measures.count_job(job.kind, state.value, elapsed_s)
        log.info("job_left", state=state.value, duration_s=round(elapsed_s, 3))

    def _written(self, job: StoredJob, kind: JobKind, outcome: Outcome) -> JobState | None:
        """Write an outcome down, however long the database is away; None where the service stops before."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                write_outcome(self._database, job, kind, outcome, max_attempts=self._settings.max_job_attempts)
                with self._database.reading() as connection:
                    return JobRepository(connection).get(job.job_id).state
            except (UnavailableError, StorageFullError) as error:
                structlog.get_logger().warning("job_outcome_unwritten", job_id=job.job_id, detail=error.message)
            if self._stopping.wait(pause_s):
                return None
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _directory(self, job: StoredJob) -> Path:
        return self._settings.job_directory / job.job_id

    def _stay_alive(self) -> None:
        """Say often enough that one's jobs are being worked on; give up those of services that don't."""
        while not self._stopping.wait(self._settings.job_lease_s / 4):
            _survives(self._give_signs_of_life)
            _survives(self._give_up_abandoned)

    def _give_signs_of_life(self) -> bool:
        with self._wake:
            running = list(self._running.values())
        for job in running:
            job.write()
        return True

    def _give_up_abandoned(self) -> bool:
        with self._database.reading() as connection:
            if not JobRepository(connection).count(JobState.RUNNING):
                return False
        lease = timedelta(seconds=self._settings.job_lease_s)
        with self._wake, self._database.writing() as connection:
            repository = JobRepository(connection)
            running, now = repository.running(), database_now(connection)
            for job in running:
                if job.job_id in self._running or not is_abandoned(job, by=self._owner, lease=lease, now=now):
                    continue
                kind = self._kinds.get(job.kind) if job.kind in self._kinds else None
                leave(repository, job, kind, max_attempts=self._settings.max_job_attempts)
                if repository.get(job.job_id).state.is_final:
                    shutil.rmtree(self._directory(job), ignore_errors=True)
                structlog.get_logger().warning("job_abandoned", job_id=job.job_id, kind=job.kind, owner=job.owner)
            self._wake.notify_all()
        return True


def _survives(step: Callable[[], bool]) -> bool:
    """Take a step of a background thread; what fails is logged, and counts as nothing done."""
    try:
        return step()
    except Exception:  # noqa: BLE001  # the edge of a background thread: a database that is away comes back
        structlog.get_logger().exception("jobs_step_failed")
        return False
