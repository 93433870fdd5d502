"""The queue of jobs and the threads that do them."""

import copy
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

import structlog

from learning.job_context import JobInterruptedError
from service.api_keys.request_caller import acting_key_id, check_jobs
from service.file_failures import file_failures_named
from service.jobs.job_end import Outcome, attempt, write_outcome
from service.jobs.job_run import RunningJob
from service.jobs.kinds import JobKind, JobKinds
from service.jobs.leftovers import clear_leftovers
from service.jobs.owners import new_owner
from service.jobs.watch import JobSigns, JobWatch, RunningJobs
from service.measures import Measures
from service.settings import Settings
from store.audit import name_object
from store.connections.database import Database
from store.jobs import JobRepository
from store.stored_job import Json, StoredJob
from warmtune.vocabulary.errors import NotFoundError, StorageFullError, UnavailableError
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.spans import Attributes, Span, span

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_LOOK_EVERY_S = 2.0  # for jobs of other services; one's own are begun at once


class BusyError(UnavailableError):
    """Too many jobs are queued."""

    code = "busy"


class JobRunner:
    """Queues jobs and does them, a few at a time; threads may share it.

    Services and workers on one database share the queue: each job is begun by one of them. What one left under way
    when it was killed goes back into the queue or fails: at the next start in its place, or once its lease is over.
    """

    def __init__(self, database: Database, kinds: JobKinds, settings: Settings, *, measures: Measures) -> None:
        self._database = database
        self._kinds = kinds
        self._settings = settings
        self._measures = measures
        self._owner = new_owner()
        self._stopping = threading.Event()
        self._under_way = RunningJobs()
        self._watch = JobWatch(database, kinds, settings, owner=self._owner, under_way=self._under_way)
        self._signs = JobSigns(database, settings.job_lease_s, owner=self._owner, under_way=self._under_way)
        self._threads: list[threading.Thread] = []

    def of(self, database: Database) -> Self:
        """The same runner, bound to the workspace of a database, for queuing and cancelling jobs."""
        bound = copy.copy(self)
        bound._database = database
        return bound

    def start(self) -> None:
        """Take up what was left behind, and begin to work, unless the settings leave that to others."""
        self._watch.give_up_abandoned()
        clear_leftovers(self._settings.job_directory, self._database)
        loops: list[Callable[[], None]] = [self._look_after_others]
        if self._settings.run_jobs:
            loops += [self._stay_alive]
            loops += [self._work] * self._settings.job_workers + [self._work_quickly] * self._settings.quick_job_workers
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
            UnavailableError: If too many are queued, or the job's directory can't be written to.
            StorageFullError: If there is no room for what it needs.
        """
        known = self._kinds.get(kind)
        job_id = f"job_{uuid.uuid4().hex}"
        directory = self._settings.job_directory / job_id
        try:
            if prepare is not None:
                with file_failures_named("what the job needs"):
                    directory.mkdir(parents=True)
                    prepare(directory)
            job = self._queue(job_id, known, request)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        with self._under_way.changed:
            self._under_way.changed.notify_all()  # some of those that wait take quick jobs only
        return job

    def _queue(self, job_id: str, kind: JobKind, request: Json) -> StoredJob:
        limit = self._settings.max_queued_jobs
        with self._database.writing() as connection:
            repository = JobRepository(connection)
            if repository.count(JobState.QUEUED) >= limit:
                raise BusyError("too many jobs are queued; try again later", field="kind", value=kind.name, limit=limit)
            check_jobs(connection)
            name_object(job_id)
            repository.drop_ended(max_stored=self._settings.max_kept_jobs)
            return repository.queue(
                job_id, kind.name, request, is_quick=kind.is_quick(connection, request), key_id=acting_key_id()
            )

    def cancel(self, job_id: str) -> StoredJob:
        """Cancel a job: at once while it is queued, else at its next check; one that has ended stays as it is.

        Raises:
            NotFoundError: If there is no such job.
        """
        with self._database.writing() as connection:
            job = JobRepository(connection).request_cancel(job_id)
        if not self._under_way.cancel(job_id) and job.state.is_final:
            shutil.rmtree(self._directory(job), ignore_errors=True)  # of an interrupted one that waited to go on
        return job

    def interrupt(self) -> None:
        """Start nothing more, and interrupt running jobs."""
        self._stopping.set()

    def close(self, timeout_s: float) -> bool:
        """Interrupt running jobs, wait up to `timeout_s` for them to end, and hand over those that haven't.

        Returns:
            Whether everything has left off.
        """
        self.interrupt()
        with self._under_way.changed:
            self._under_way.changed.notify_all()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        left = self._under_way.all()
        for job in left:
            _survives(partial(self._hand_over, job))
        return not left

    def _hand_over(self, running: RunningJob) -> bool:
        """Write for a job that doesn't look up what it would: others need not wait for the end of its lease."""
        outcome = JobInterruptedError("the service is stopping")
        kind, limit = self._kinds.get(running.job.kind), self._settings.max_job_attempts
        write_outcome(self._database, running.job, kind, outcome, max_attempts=limit)
        return True

    def _work(self) -> None:
        self._loop(only_quick=False)

    def _work_quickly(self) -> None:
        self._loop(only_quick=True)

    def _loop(self, *, only_quick: bool) -> None:
        while not self._stopping.is_set():
            if not _survives(lambda: self._do_next(only_quick=only_quick)):
                self._rest()

    def _rest(self) -> None:
        with self._under_way.changed:
            if not self._stopping.is_set():
                self._under_way.changed.wait(_LOOK_EVERY_S)

    def _do_next(self, *, only_quick: bool) -> bool:
        """Do the oldest job that is due; False where there is none."""
        kinds = list(self._kinds)
        with self._database.reading() as connection:  # looking takes no write lock
            own = [job.job_id for job in self._under_way.all()]
            if not JobRepository(connection).is_due(kinds, only_quick=only_quick, without=own):
                return False
        with self._under_way.changed:
            # another thread may have begun a job since: looked up again under the lock that adding takes
            own = [job.job_id for job in self._under_way.all()]
            with self._database.writing() as connection:
                job = JobRepository(connection).claim(self._owner, kinds, only_quick=only_quick, without=own)
            if job is None:
                return False
            running = self._run_of(job)
            self._under_way.add(running)
        about: Attributes = {"warmtune.job_id": job.job_id, "warmtune.attempt": job.attempt}
        with self._under_way.until_done(running), span(f"job {job.kind}", about) as under_way:
            self._do(job, running, under_way)
        return True

    def _run_of(self, job: StoredJob) -> RunningJob:
        return RunningJob(
            job,
            self._database,
            directory=self._directory(job),
            stopping=self._stopping,
            limit_s=self._settings.job_timeout_s,
        )

    def _do(self, job: StoredJob, running: RunningJob, under_way: Span) -> None:
        log = structlog.get_logger().bind(job_id=job.job_id, kind=job.kind, attempt=job.attempt)
        log.info("job_started")
        started = time.monotonic()
        kind = self._kinds.get(job.kind)
        state = self._written(job, kind, attempt(kind, running, job.request))
        if state is None:
            return
        under_way.note({"warmtune.job_state": state.value}, failed=state is JobState.FAILED)
        if state.is_final:
            shutil.rmtree(self._directory(job), ignore_errors=True)
        elapsed_s = time.monotonic() - started
        self._measures.count_job(job.kind, state.value, elapsed_s)
        log.info("job_ended", state=state.value, duration_s=round(elapsed_s, 3))

    def _written(self, job: StoredJob, kind: JobKind, outcome: Outcome) -> JobState | None:
        """Write an outcome down, however long the database is away.

        None where the service stops before, and where the job was deleted with its workspace.
        """
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                write_outcome(self._database, job, kind, outcome, max_attempts=self._settings.max_job_attempts)
                with self._database.reading() as connection:
                    return JobRepository(connection).get(job.job_id).state
            except (UnavailableError, StorageFullError) as error:
                structlog.get_logger().warning("job_outcome_unwritten", job_id=job.job_id, detail=error.message)
            except NotFoundError:
                structlog.get_logger().info("job_gone", job_id=job.job_id)
                shutil.rmtree(self._directory(job), ignore_errors=True)
                return None
            if self._stopping.wait(pause_s):
                return None
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _directory(self, job: StoredJob) -> Path:
        return self._settings.job_directory / job.job_id

    def _look_after_others(self) -> None:
        while not self._stopping.wait(self._watch.pause_s):
            _survives(self._watch.step)

    def _stay_alive(self) -> None:
        while not self._stopping.wait(self._signs.pause_s):
            _survives(self._signs.step)


def _survives(step: Callable[[], bool]) -> bool:
    """Take a step of a background thread; what fails is logged, and counts as nothing done."""
    try:
        return step()
    except Exception:  # noqa: BLE001  # the edge of a background thread: a database that is away comes back
        structlog.get_logger().exception("jobs_step_failed")
        return False
