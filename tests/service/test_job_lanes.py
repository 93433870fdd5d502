"""Jobs beside each other: quick ones, logs, pauses between attempts, cancellations and stops that find deaf work."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from learning.job_context import JobContext
from service.jobs.kinds import JobKind, JobKinds
from service.jobs.runner import JobRunner
from service.measures import Measures
from service.settings import Settings
from store.connections.database import Connection, Database
from store.job_lines import JobLineRepository
from store.jobs import JobRepository
from store.pages import PageRequest
from store.stored_job import Json
from tests.databases import sqlite_in
from tests.service.test_jobs import END_S, awaited, begun, ended, get
from warmtune.vocabulary.errors import UnavailableError
from warmtune.vocabulary.job import JobState


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite_in(tmp_path) as opened:
        yield opened


@contextmanager
def running(
    database: Database, directory: Path, *kinds: JobKind, stop_s: float = END_S, **settings: object
) -> Iterator[JobRunner]:
    chosen = Settings.model_validate({"job_directory": directory / "left", **settings})
    runner = JobRunner(database, JobKinds(kinds), chosen, measures=Measures())
    runner.start()
    try:
        yield runner
    finally:
        runner.close(stop_s)


def log_of(database: Database, job_id: str) -> list[str]:
    with database.reading() as connection:
        seq = JobRepository(connection).get(job_id).seq
        return [line.text for line in JobLineRepository(connection).page(seq, PageRequest(limit=500)).items]


def endless(context: JobContext, request: Json) -> Json:
    while True:
        context.report(0.5, "at it")
        time.sleep(0.01)


def done(context: JobContext, request: Json) -> Json:
    return {"attempt": context.attempt}


def small(connection: Connection, request: Json) -> bool:
    return request["n"] == 1


SIZED = JobKind("sized", done, is_quick=small)
ENDLESS = JobKind("endless", endless, is_resumable=True)


def test_a_long_job_keeps_no_quick_one_waiting(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path, ENDLESS, SIZED) as runner:
        long_id = runner.submit("endless", {}).job_id
        begun(database, long_id)
        large, quick = (runner.submit("sized", {"n": n}).job_id for n in (1_000, 1))
        assert ended(database, quick).state is JobState.SUCCEEDED
        assert get(database, large).state is JobState.QUEUED
        runner.cancel(long_id)
        assert ended(database, large).state is JobState.SUCCEEDED


def test_a_service_that_leaves_jobs_to_workers_does_none(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path, SIZED, run_jobs=False) as service:
        job_id = service.submit("sized", {"n": 1}).job_id
        time.sleep(0.3)
        assert get(database, job_id).state is JobState.QUEUED
        with running(database, tmp_path, SIZED):
            assert ended(database, job_id).state is JobState.SUCCEEDED


def test_the_log_tells_what_happened(database: Database, tmp_path: Path) -> None:
    def work(context: JobContext, request: Json) -> Json:
        context.report(0.1, "reading")
        time.sleep(0.6)  # what is said more often than twice a second is not written
        context.report(0.5, "fitting")
        context.report(0.6, "fitting")
        return {}

    def fail(context: JobContext, request: Json) -> Json:
        raise UnavailableError("the lake is dry")

    with running(database, tmp_path, JobKind("work", work), JobKind("fail", fail)) as runner:
        well, badly = (ended(database, runner.submit(kind, {}).job_id).job_id for kind in ("work", "fail"))
    assert log_of(database, well) == ["queued", "begun (attempt 1)", "reading", "fitting", "succeeded"]
    assert log_of(database, badly)[-1] == "failed (unavailable): the lake is dry"


def test_an_attempt_that_found_something_away_is_repeated_after_a_pause(database: Database, tmp_path: Path) -> None:
    def work(context: JobContext, request: Json) -> Json:
        if context.attempt == 1:
            raise UnavailableError("the lake is dry")
        return {"attempt": context.attempt}

    kind = JobKind("work", work, is_resumable=True)
    with running(database, tmp_path, kind, SIZED) as runner:
        job_id = runner.submit("work", {}).job_id
        waiting = awaited(database, job_id, lambda job: job.state is JobState.QUEUED and job.attempt == 1)
        # the thread is free for others meanwhile
        assert ended(database, runner.submit("sized", {"n": 1_000}).job_id).state is JobState.SUCCEEDED
        assert waiting.result is None
        assert ended(database, job_id).result == {"attempt": 2}
    assert "put back: the lake is dry; tried again after 1 s" in log_of(database, job_id)


def test_work_that_says_nothing_hears_of_a_cancellation_elsewhere(database: Database, tmp_path: Path) -> None:
    def silent(context: JobContext, request: Json) -> Json:
        while True:
            context.check()  # writes nothing, and asks no database
            time.sleep(0.01)

    with running(database, tmp_path, JobKind("silent", silent)) as runner:
        job_id = runner.submit("silent", {}).job_id
        awaited(database, job_id, lambda job: job.state is JobState.RUNNING)
        with database.writing() as connection:
            JobRepository(connection).request_cancel(job_id)
        assert ended(database, job_id).state is JobState.CANCELLED


def test_a_stop_hands_over_what_does_not_look_up(database: Database, tmp_path: Path) -> None:
    go_on = threading.Event()

    def deaf(context: JobContext, request: Json) -> Json:
        context.report(0.5)
        if context.attempt == 1:
            go_on.wait(END_S)
            return {"attempt": "the first, too late"}
        return {"attempt": context.attempt}

    kind = JobKind("deaf", deaf, is_resumable=True)
    with running(database, tmp_path, kind, stop_s=0.1) as runner:
        job_id = runner.submit("deaf", {}).job_id
        begun(database, job_id)
    assert get(database, job_id).state is JobState.QUEUED
    with running(database, tmp_path, kind):
        assert ended(database, job_id).result == {"attempt": 2}
    go_on.set()
    time.sleep(0.1)
    assert get(database, job_id).result == {"attempt": 2}
