"""Running jobs in the database: signs of life, and who may give a job up."""

import threading
from dataclasses import replace

from store.connections.database import Database
from store.jobs import JobRepository
from store.running_jobs import RunningJobRepository
from tests.store.test_jobs import ME, claim, get, queue


def test_a_sign_of_life_is_of_ones_own_running_jobs(database: Database) -> None:
    queue(database, "mine", "theirs", "waits")
    claim(database)
    claim(database, "another/1/1/b")
    before = {name: get(database, name).seen_alive_at for name in ("mine", "theirs", "waits")}
    with database.bookkeeping() as connection:
        RunningJobRepository(connection).keep_alive(["mine", "theirs", "waits", "unknown"], ME)
    after = {name: get(database, name).seen_alive_at for name in before}
    assert after["mine"] != before["mine"]
    assert {n: s for n, s in after.items() if n != "mine"} == {n: s for n, s in before.items() if n != "mine"}


def test_looking_at_running_jobs_keeps_no_owner_waiting(database: Database) -> None:
    queue(database, "a")
    claim(database)

    def give_sign() -> None:
        with database.bookkeeping() as connection:
            RunningJobRepository(connection).keep_alive(["a"], ME)

    with database.reading() as connection:  # a process that is slow, or stopped in the middle of it
        seen = RunningJobRepository(connection).all()
        beside = threading.Thread(target=give_sign)
        beside.start()
        beside.join(10.0)
        assert not beside.is_alive()
    assert [job.job_id for job in seen] == ["a"]
    assert get(database, "a").seen_alive_at != seen[0].seen_alive_at


def test_only_a_job_without_a_new_sign_can_be_given_up_and_only_once(database: Database) -> None:
    queue(database, "a")
    claim(database)
    seen = get(database, "a")
    with database.bookkeeping() as connection:
        RunningJobRepository(connection).keep_alive(["a"], ME)
    now = get(database, "a")
    with database.writing() as connection:
        running = RunningJobRepository(connection)
        assert running.unchanged(seen) is None
        assert running.unchanged(replace(now, owner="another/1/1/b")) is None
        assert running.unchanged(now) == now
        JobRepository(connection).requeue("a", ME, "its process is gone", pause_s=0.0, n_lost=2, furthest=0.5)
        assert running.unchanged(now) is None
    assert (get(database, "a").n_lost, get(database, "a").furthest) == (2, 0.5)
