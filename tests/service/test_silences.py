"""When a running job counts as left behind: silence that was watched, and losses that got no further."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.jobs.job_run import RunningJob
from service.jobs.losses import Loss
from service.jobs.owners import LIVING_LEASES, is_known_alive, is_silent, new_owner
from service.jobs.silences import Silences
from service.jobs.watch import JobSigns, RunningJobs
from store.connections.database import Database
from store.jobs import JobRepository
from store.stored_job import StoredJob
from tests.databases import sqlite_in
from tests.service.test_jobs import begun, ended, get, running
from warmtune.vocabulary.job import JobState

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LEASE = timedelta(seconds=60)
FAR = "far-away/1/1/aa"


def job(**changed: object) -> StoredJob:
    made = StoredJob(
        job_id="job_1",
        seq=1,
        workspace_seq=1,
        kind="refit",
        request={},
        state=JobState.RUNNING,
        progress=0.0,
        message="",
        result=None,
        failure=None,
        cancel_requested=False,
        attempt=1,
        n_lost=0,
        furthest=0.0,
        owner=FAR,
        seen_alive_at=NOW,
        created_at=NOW,
        started_at=NOW,
        finished_at=None,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def looked(silences: Silences, clock: Clock, jobs: list[StoredJob], *, after_s: float) -> None:
    clock.now += after_s
    silences.look(jobs)


def test_silence_is_sure_after_three_looks_at_one_sign() -> None:
    clock = Clock()
    silences = Silences(60.0, clock=clock)
    for n_looks in (1, 2, 3):
        assert not silences.is_sure(job()), n_looks
        looked(silences, clock, [job()], after_s=15.0)
    assert silences.is_sure(job())
    assert not silences.is_sure(job(job_id="another"))
    later = job(seen_alive_at=NOW + timedelta(seconds=1))
    assert not silences.is_sure(later)
    looked(silences, clock, [later], after_s=15.0)
    assert not silences.is_sure(later)


def test_who_was_late_itself_or_could_not_look_begins_anew() -> None:
    clock = Clock()
    silences = Silences(60.0, clock=clock)
    for pause_s in (15.0, 15.0, 40.0):  # the whole machine stood still
        looked(silences, clock, [job()], after_s=pause_s)
    assert not silences.is_sure(job())
    for _ in range(2):
        looked(silences, clock, [job()], after_s=15.0)
    assert silences.is_sure(job())
    silences.forget()
    assert not silences.is_sure(job())


def test_a_process_that_is_known_to_run_may_be_silent_for_longer() -> None:
    program = "from service.jobs.owners import new_owner; print(new_owner(), flush=True); input()"
    me = new_owner()
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        living = job(owner=process.stdout.readline().decode().strip())
        os.kill(process.pid, signal.SIGSTOP)  # starved, or hanging
        assert is_known_alive(living.owner or "", by=me)
        assert not is_silent(living, by=me, lease=LEASE, now=NOW + 2 * LEASE)
        assert is_silent(living, by=me, lease=LEASE, now=NOW + (LIVING_LEASES + 1) * LEASE)
        assert is_silent(replace(living, owner=FAR), by=me, lease=LEASE, now=NOW + 2 * LEASE)
        os.kill(process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 20.0
        while is_known_alive(living.owner or "", by=me):  # nobody has waited for it: it is in the table of processes
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert is_silent(living, by=me, lease=LEASE, now=NOW + 2 * LEASE)


def test_a_job_that_gets_further_each_time_is_not_what_ends_its_process() -> None:
    lost = job()
    counts = []
    for progress in (0.0, 0.0, 0.3, 0.3, 0.305, 0.2, 0.6):
        loss = Loss.of(replace(lost, progress=progress))
        counts.append(loss.n_lost)
        lost = replace(lost, n_lost=loss.n_lost, furthest=loss.furthest)
    assert counts == [1, 2, 1, 2, 3, 4, 1]
    assert lost.furthest == 0.6
    assert [Loss(n, 0.0).pause_s for n in (1, 2, 3, 7, 5_000)] == [1.0, 2.0, 4.0, 60.0, 60.0]


def test_stops_on_purpose_do_not_count(tmp_path: Path) -> None:
    with sqlite_in(tmp_path) as database:
        with database.writing() as connection:
            jobs = JobRepository(connection)
            jobs.queue("job_1", "resumable", {})
            for owner in ("far/1/1/a", "far/1/1/b", "far/1/1/c"):  # three restarts
                assert jobs.claim(owner, ["resumable"]) is not None
                jobs.requeue("job_1", owner, "the service is stopping")
            jobs.claim(FAR, ["resumable"])
        with running(database, tmp_path, job_lease_s=0.2, max_job_attempts=2) as runner:
            assert begun(database, "job_1").attempt == 5
            runner.cancel("job_1")
            assert ended(database, "job_1").state is JobState.CANCELLED


def running_job(database: Database, directory: Path) -> RunningJob:
    with database.writing() as connection:
        JobRepository(connection).queue("job_1", "resumable", {})
        claimed = JobRepository(connection).claim("here/1/1/a", ["resumable"])
    assert claimed is not None
    return RunningJob(claimed, database, directory=directory, stopping=threading.Event(), limit_s=60.0)


def test_a_sign_of_life_waits_for_no_job_that_is_being_begun(tmp_path: Path) -> None:
    with sqlite_in(tmp_path) as database:
        under_way = RunningJobs()
        under_way.add(running_job(database, tmp_path))
        before = get(database, "job_1").seen_alive_at
        signs = JobSigns(database, 60.0, owner="here/1/1/a", under_way=under_way)
        with under_way.changed:  # held while another job is claimed, for as long as the database takes
            beside = threading.Thread(target=signs.step)
            beside.start()
            beside.join(20.0)
            assert not beside.is_alive()
        after = get(database, "job_1").seen_alive_at
        assert before is not None
        assert after is not None
        assert after > before


@pytest.mark.parametrize("progress", [0.25, 1.0])
def test_progress_that_came_too_soon_after_other_progress_is_written_later(tmp_path: Path, progress: float) -> None:
    with sqlite_in(tmp_path) as database:
        working = running_job(database, tmp_path)
        working.report(0.125, "first")
        working.report(progress, "second")
        assert get(database, "job_1").message == "first"
        deadline = time.monotonic() + 20.0
        while get(database, "job_1").message == "first":
            assert time.monotonic() < deadline
            working.catch_up()
        assert get(database, "job_1").progress == progress
