"""Jobs while their database is away, and leases by its clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from learning.job_context import JobContext
from service.jobs.kinds import JobKind, JobKinds
from service.jobs.owners import is_silent
from service.jobs.runner import JobRunner
from service.measures import Measures
from service.settings import Settings
from store.connections.clock import database_now
from store.connections.database import Connection, Database
from store.jobs import JobRepository
from store.stored_job import Json
from tests.service.test_jobs import ended
from warmtune.vocabulary.errors import UnavailableError
from warmtune.vocabulary.job import JobState


class AwayDatabase(Database):
    """A database that can't be reached for a while."""

    is_away = False
    n_refused = 0

    @contextmanager
    def bookkeeping(self) -> Iterator[Connection]:  # every writing transaction is one of these
        self._refuse()
        with super().bookkeeping() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        self._refuse()
        with super().reading() as connection:
            yield connection

    def _refuse(self) -> None:
        if self.is_away:
            self.n_refused += 1
            raise UnavailableError("the database does not answer: a cable was pulled")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[AwayDatabase]:
    opened = AwayDatabase(f"sqlite:///{tmp_path / 'jobs.db'}")
    opened.migrate()
    bound = opened.of_default()
    yield bound
    bound.close()


@contextmanager
def running(database: AwayDatabase, directory: Path, kinds: list[JobKind], **settings: Any) -> Iterator[JobRunner]:
    chosen = Settings.model_validate({"job_directory": directory / "left", "job_lease_s": 1.0, **settings})
    runner = JobRunner(database, JobKinds(kinds), chosen, measures=Measures())
    runner.start()
    try:
        yield runner
    finally:
        runner.close(20.0)


def test_work_goes_on_while_its_database_is_away(database: AwayDatabase, tmp_path: Path) -> None:
    def train(context: JobContext, request: Json) -> Json:
        context.report(0.1, "begun")
        database.is_away = True
        started = time.monotonic()
        while time.monotonic() - started < 3.0:  # several leases, and several notes of progress
            context.report(0.5, "database away")
            time.sleep(0.05)
        return {"attempt": context.attempt}

    with running(database, tmp_path, [JobKind("train", train)]) as runner:
        job = runner.submit("train", {})
        while database.n_refused < 6:
            time.sleep(0.05)
        time.sleep(3.0)  # until after its end, which can't be written down either
        database.is_away = False
        done = ended(database, job.job_id)
    assert (done.state, done.result, done.attempt) == (JobState.SUCCEEDED, {"attempt": 1}, 1)


def test_work_that_needs_its_database_is_tried_again(database: AwayDatabase, tmp_path: Path) -> None:
    def train(context: JobContext, request: Json) -> Json:
        if context.attempt == 1:
            database.is_away = True
            with database.writing():
                pass
        return {"attempt": context.attempt}

    with running(database, tmp_path, [JobKind("train", train, is_resumable=True)]) as runner:
        job = runner.submit("train", {})
        while database.n_refused < 3:
            time.sleep(0.05)
        database.is_away = False
        done = ended(database, job.job_id)
    assert (done.state, done.result) == (JobState.SUCCEEDED, {"attempt": 2})


def test_what_is_away_for_good_ends_the_job(database: AwayDatabase, tmp_path: Path) -> None:
    def train(context: JobContext, request: Json) -> Json:
        raise UnavailableError("no such host")

    kinds = [JobKind("resumable", train, is_resumable=True), JobKind("once", train)]
    with running(database, tmp_path, kinds, max_job_attempts=3) as runner:
        jobs = [ended(database, runner.submit(kind.name, {}).job_id) for kind in kinds]
    assert [job.state for job in jobs] == [JobState.FAILED] * 2
    assert [job.failure and job.failure.code for job in jobs] == ["job_abandoned", "unavailable"]
    assert [job.attempt for job in jobs] == [3, 1]


def test_leases_go_by_the_clock_of_the_database(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose own clock is two minutes ahead sees the same ages as any other."""
    database = Database(postgres_url)
    database.migrate()
    database = database.of_default()
    with database.writing() as connection:
        repository = JobRepository(connection)
        repository.queue("job_1", "refit", {})
        repository.claim("far/1/a", ["refit"])
    import store.connections.clock

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Ahead":
            return cls.fromtimestamp(time.time() + 120.0, tz)

    monkeypatch.setattr(store.connections.clock, "datetime", Ahead)
    with database.writing() as connection:
        now = database_now(connection)
        job = JobRepository(connection).get("job_1")
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=60)
    assert not is_silent(job, by="here/2/b", lease=timedelta(seconds=60), now=now)
    assert is_silent(job, by="here/2/b", lease=timedelta(seconds=60), now=now + timedelta(seconds=120))
    database.close()
