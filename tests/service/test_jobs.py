"""Jobs: done, watched, cancelled, interrupted, taken up again."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from learning.job_context import JobContext
from service.jobs.kinds import JobKind, JobKinds
from service.jobs.runner import JobRunner
from service.measures import Measures
from service.settings import Settings
from store.connections.database import Database
from store.jobs import JobRepository
from store.stored_job import Json, StoredJob
from tests.databases import sqlite_in
from tests.service.asking import problem_in
from tests.serving import ROOT, LiveService
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError, UnavailableError
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.work import check_wanted

END_S = 20.0


def echo(context: JobContext, request: Json) -> Json:
    context.report(0.5, "half way")
    return {"given": dict(request), "attempt": context.attempt}


def refuse(context: JobContext, request: Json) -> Json:
    raise InvalidInputError("no such metric", field="metric", value="x", limit="a known one")


def crash(context: JobContext, request: Json) -> Json:
    return {"never": 1 / 0}


def no_json(context: JobContext, request: Json) -> Json:
    return {"nan": float("nan")}


def until_asked(context: JobContext, request: Json) -> Json:
    """Goes on until it is interrupted or cancelled; a second attempt finds what the first has left."""
    mark = context.directory / "mark"
    if mark.exists():
        return {"found": mark.read_text(), "attempt": context.attempt}
    mark.write_text("half")
    while True:
        context.report(0.5)
        time.sleep(0.01)


def in_long_loops(context: JobContext, request: Json) -> Json:
    """Says once that it has begun; from then on only its loops look whether it is wanted."""
    context.report(0.5)
    while True:
        check_wanted()
        time.sleep(0.01)


def never_twice(context: JobContext, request: Json) -> Json:
    """Looks up only once it is released; fails where another attempt is under way."""
    under_way = context.directory / "under_way"
    under_way.touch(exist_ok=False)
    try:
        while context.attempt == 1 and not Path(str(request["released"])).exists():
            time.sleep(0.01)
        while context.attempt == 1:
            context.report(0.5)
            time.sleep(0.01)
    finally:
        under_way.unlink()
    return {"attempt": context.attempt}


KINDS = JobKinds(
    [
        JobKind("echo", echo),
        JobKind("refuse", refuse),
        JobKind("crash", crash),
        JobKind("no-json", no_json),
        JobKind("endless", until_asked),
        JobKind("in-long-loops", in_long_loops),
        JobKind("resumable", until_asked, is_resumable=True),
        JobKind("never-twice", never_twice, is_resumable=True),
    ]
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite_in(tmp_path) as opened:
        yield opened


@contextmanager
def running(database: Database, directory: Path, **settings: object) -> Iterator[JobRunner]:
    chosen = Settings.model_validate({"job_directory": directory / "left", **settings})
    runner = JobRunner(database, KINDS, chosen, measures=Measures())
    runner.start()
    try:
        yield runner
    finally:
        runner.close(END_S)


def get(database: Database, job_id: str) -> StoredJob:
    with database.reading() as connection:
        return JobRepository(connection).get(job_id)


def awaited(database: Database, job_id: str, is_there: Callable[[StoredJob], bool]) -> StoredJob:
    deadline = time.monotonic() + END_S
    while not is_there(job := get(database, job_id)):
        assert time.monotonic() < deadline, job
        time.sleep(0.01)
    return job


def ended(database: Database, job_id: str) -> StoredJob:
    return awaited(database, job_id, lambda job: job.state.is_final)


def begun(database: Database, job_id: str) -> StoredJob:
    return awaited(database, job_id, lambda job: job.progress > 0)


def test_a_job_is_done_and_its_result_kept(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as runner:
        job = ended(database, runner.submit("echo", {"n": 3}).job_id)
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"given": {"n": 3}, "attempt": 1})
    assert (job.progress, job.message) == (1.0, "half way")


def test_what_is_wrong_is_reported_in_the_job_and_the_next_is_done(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as runner:
        jobs = [ended(database, runner.submit(kind, {}).job_id) for kind in ("refuse", "crash", "no-json", "echo")]
    assert [job.state for job in jobs] == [JobState.FAILED] * 3 + [JobState.SUCCEEDED]
    codes = [job.failure and (job.failure.code, job.failure.field) for job in jobs]
    assert codes == [("invalid_input", "metric"), ("internal_error", None), ("internal_error", None), None]


def test_a_job_that_another_service_gave_up_is_not_begun_again_beside_itself(
    database: Database, tmp_path: Path
) -> None:
    released = tmp_path / "released"
    with running(database, tmp_path, job_workers=2) as runner:
        job_id = runner.submit("never-twice", {"released": str(released)}).job_id
        job = awaited(database, job_id, lambda job: job.state is JobState.RUNNING)
        with database.writing() as connection:  # as one does that saw no sign of life
            JobRepository(connection).requeue(job_id, job.owner, "its service is gone")
        ended(database, runner.submit("echo", {}).job_id)  # the other worker has looked for jobs meanwhile
        time.sleep(1.5)
        assert get(database, job_id).state is JobState.QUEUED
        released.touch()
        job = ended(database, job_id)
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"attempt": 2})


def test_a_running_job_is_cancelled_and_leaves_nothing(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as runner:
        job_id = runner.submit("resumable", {}).job_id
        begun(database, job_id)
        assert runner.cancel(job_id).cancel_requested
        assert ended(database, job_id).state is JobState.CANCELLED
        ended(database, runner.submit("echo", {}).job_id)  # by then the directory has been cleared
    assert not (tmp_path / "left" / job_id).exists()


def test_another_service_can_cancel(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as runner:
        job_id = runner.submit("endless", {}).job_id
        begun(database, job_id)
        with database.writing() as connection:
            JobRepository(connection).request_cancel(job_id)
        assert ended(database, job_id).state is JobState.CANCELLED


def test_loops_that_know_nothing_of_jobs_are_left_when_theirs_is_cancelled(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as runner:
        job_id = runner.submit("in-long-loops", {}).job_id
        begun(database, job_id)
        runner.cancel(job_id)
        assert ended(database, job_id).state is JobState.CANCELLED


def test_a_stop_puts_a_resumable_job_back_and_the_next_start_takes_it_up(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as runner:
        job_id = runner.submit("resumable", {}).job_id
        begun(database, job_id)
    assert get(database, job_id).state is JobState.QUEUED
    assert (tmp_path / "left" / job_id).exists()
    with running(database, tmp_path):
        job = ended(database, job_id)
    assert job.result == {"found": "half", "attempt": 2}


def test_an_interrupted_job_that_is_cancelled_leaves_nothing(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as runner:
        job_id = runner.submit("resumable", {}).job_id
        begun(database, job_id)
    assert runner.cancel(job_id).state is JobState.CANCELLED
    assert not (tmp_path / "left" / job_id).exists()


def test_a_stop_fails_a_job_that_cant_be_taken_up(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path) as runner:
        job_id = runner.submit("endless", {}).job_id
        begun(database, job_id)
    job = get(database, job_id)
    assert job.state is JobState.FAILED
    assert job.failure is not None
    assert job.failure.code == "job_interrupted"


_SERVICE = """
import sys, time
from pathlib import Path
from store.connections.database import Database
from tests.service.test_jobs import running
with running(Database(sys.argv[1]).of_default(), Path(sys.argv[2])) as runner:
    queued = [runner.submit(kind, {}).job_id for kind in ("resumable", "endless")]
    print(*queued, file=sys.stderr, flush=True)
    time.sleep(100)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_jobs_of_a_killed_service_are_taken_up_or_fail(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.db'}" if kind == "sqlite" else str(request.getfixturevalue("postgres_url"))
    database = Database(url)
    database.migrate()
    database = database.of_default()
    environment = dict(os.environ, WARMTUNE_JOB_WORKERS="2")
    command = [sys.executable, "-c", _SERVICE, url, str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    resumable, endless = process.stderr.readline().decode().split()
    begun(database, resumable)
    begun(database, endless)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with running(database, tmp_path):
        assert ended(database, resumable).result == {"found": "half", "attempt": 2}
        failure = ended(database, endless).failure
    database.close()
    assert failure is not None
    assert failure.code == "job_interrupted"


def test_a_job_of_a_silent_service_elsewhere_is_given_up_after_its_lease(database: Database, tmp_path: Path) -> None:
    with database.writing() as connection:
        JobRepository(connection).queue("job_far", "resumable", {})
        JobRepository(connection).claim("far-away/1/aa", ["resumable"])
    with running(database, tmp_path, job_lease_s=1e6):
        time.sleep(0.1)
        assert get(database, "job_far").owner == "far-away/1/aa"
    with running(database, tmp_path, job_lease_s=0.2):
        assert begun(database, "job_far").attempt == 2


def test_a_job_that_kills_its_service_is_not_begun_for_ever(database: Database, tmp_path: Path) -> None:
    with database.writing() as connection:
        JobRepository(connection).queue("job_deadly", "resumable", {})
        JobRepository(connection).claim("far-away/1/aa", ["resumable"])
    with running(database, tmp_path, job_lease_s=0.01, max_job_attempts=1):
        failure = ended(database, "job_deadly").failure
    assert failure is not None
    assert (failure.code, failure.limit) == ("job_abandoned", "1")


def test_a_job_may_take_so_long_and_no_longer(database: Database, tmp_path: Path) -> None:
    with running(database, tmp_path, job_timeout_s=0.05) as runner:
        failure = ended(database, runner.submit("endless", {}).job_id).failure
    assert failure is not None
    assert (failure.code, failure.field) == ("limit_exceeded", "job_timeout_s")


def test_the_queue_has_an_end_and_kinds_are_known(database: Database, tmp_path: Path) -> None:
    runner = JobRunner(database, KINDS, Settings(job_directory=tmp_path, max_queued_jobs=2), measures=Measures())
    runner.submit("echo", {})
    runner.submit("echo", {})
    with pytest.raises(UnavailableError) as busy:
        runner.submit("echo", {})
    assert (busy.value.code, busy.value.limit) == ("busy", "2")
    with pytest.raises(NotFoundError):
        runner.submit("nonsense", {})


def test_workers_do_jobs_side_by_side(database: Database, tmp_path: Path) -> None:
    met = threading.Barrier(2, timeout=END_S)

    def meet(context: JobContext, request: Json) -> Json:
        return {"place": met.wait()}

    runner = JobRunner(
        database,
        JobKinds([JobKind("meet", meet)]),
        Settings(job_directory=tmp_path, job_workers=2),
        measures=Measures(),
    )
    runner.start()
    jobs = [runner.submit("meet", {}) for _ in range(2)]
    states = [ended(database, job.job_id).state for job in jobs]
    runner.close(END_S)
    assert states == [JobState.SUCCEEDED] * 2


def test_progress_has_its_range(database: Database, tmp_path: Path) -> None:
    def too_far(context: JobContext, request: Json) -> Json:
        context.report(1.5)
        return {}

    runner = JobRunner(
        database, JobKinds([JobKind("too-far", too_far)]), Settings(job_directory=tmp_path), measures=Measures()
    )
    runner.start()
    failure = ended(database, runner.submit("too-far", {}).job_id).failure
    runner.close(END_S)
    assert failure is not None
    assert failure.field == "progress"


def test_jobs_over_http(live_service: LiveService) -> None:
    database = Database(f"sqlite:///{live_service.database}").of_default()
    with database.writing() as connection:  # of a kind that the service doesn't know: it stays queued
        JobRepository(connection).queue("job_http", "someday", {"n": 1})
    database.close()
    http = live_service.http
    job = http.get("/v1/jobs/job_http").json()
    assert (job["state"], job["request"], job["result"], job["progress"]) == ("queued", {"n": 1}, None, 0.0)
    assert "owner" not in job
    listed = http.get("/v1/jobs", params={"kind": "someday", "state": "queued"}).json()
    assert [item["job_id"] for item in listed["items"]] == ["job_http"]
    cancelled = http.delete("/v1/jobs/job_http")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert http.delete("/v1/jobs/job_http").json() == cancelled.json()
    assert problem_in(http.get("/v1/jobs/nothing")).field == "job_id"
    assert problem_in(http.delete("/v1/jobs/nothing")).status == 404
    assert problem_in(http.get("/v1/jobs", params={"state": "asleep"})).field == "state"


def test_directories_of_ended_and_forgotten_jobs_are_cleared_away(database: Database, tmp_path: Path) -> None:
    directory = tmp_path / "left"
    with running(database, tmp_path) as runner:
        done = runner.submit("echo", {})
        ended(database, done.job_id)
    with database.writing() as connection:
        JobRepository(connection).queue("job_waits", "unknown-kind", {})
    for name in (done.job_id, "job_waits", "job_new", "job_old"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    os.utime(directory / "job_old", (0, 0))
    with running(database, tmp_path):
        pass
    assert {path.name for path in directory.iterdir()} == {"job_waits", "job_new"}
