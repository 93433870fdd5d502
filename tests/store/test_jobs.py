"""Jobs in the database: who may begin one, who may end it, what is stored."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from store.api_keys import ApiKeyRepository
from store.connections.database import Database
from store.job_lines import JobLineRepository
from store.jobs import JobRepository
from store.pages import PageRequest
from store.running_jobs import RunningJobRepository
from store.stored_job import StoredJob
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.job import JobFailure, JobState

ME = "here/1/aa"


def queue(database: Database, *job_ids: str, kind: str = "refit") -> None:
    with database.writing() as connection:
        for job_id in job_ids:
            JobRepository(connection).queue(job_id, kind, {"n": 1})


def claim(database: Database, owner: str = ME, kind: str = "refit") -> StoredJob | None:
    with database.writing() as connection:
        return JobRepository(connection).claim(owner, [kind])


def get(database: Database, job_id: str) -> StoredJob:
    with database.reading() as connection:
        return JobRepository(connection).get(job_id)


def test_jobs_are_begun_in_the_order_of_their_arrival(database: Database) -> None:
    queue(database, "first", "second")
    begun = [claim(database), claim(database), claim(database)]
    assert [job and job.job_id for job in begun] == ["first", "second", None]
    first = get(database, "first")
    assert (first.state, first.owner, first.attempt, first.request) == (JobState.RUNNING, ME, 1, {"n": 1})
    assert first.started_at is not None


def test_only_known_kinds_are_begun(database: Database) -> None:
    queue(database, "other", kind="unknown")
    assert claim(database) is None


def test_jobs_are_counted_by_state_and_kind(database: Database) -> None:
    queue(database, "a", "b", "c")
    queue(database, "other", kind="unknown")
    claim(database)
    with database.reading() as connection:
        repository = JobRepository(connection)
        assert repository.count(JobState.QUEUED) == 3
        assert repository.count(JobState.QUEUED, kinds=["refit"]) == 2
        assert repository.count(JobState.RUNNING) == 1
        assert repository.count(JobState.FAILED) == 0


def test_no_two_owners_get_the_same_job(database: Database) -> None:
    names = [f"job_{n}" for n in range(20)]
    queue(database, *names)
    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(lambda n: claim(database, f"here/{n}/aa"), range(20)))
    assert sorted(job.job_id for job in begun if job is not None) == sorted(names)


def test_progress_is_written_and_says_whether_the_job_is_wanted(database: Database) -> None:
    queue(database, "a")
    claim(database)
    with database.writing() as connection:
        assert JobRepository(connection).note("a", ME, progress=0.25, message="m" * 900)
    with database.writing() as connection:
        assert JobRepository(connection).request_cancel("a").state is JobState.RUNNING
    with database.writing() as connection:
        assert not JobRepository(connection).note("a", ME)
    assert (get(database, "a").progress, len(get(database, "a").message)) == (0.25, 500)


def test_a_job_ends_once_and_by_its_owner_only(database: Database) -> None:
    queue(database, "a")
    claim(database)
    with database.writing() as connection:
        JobRepository(connection).succeed("a", "somebody/2/bb", {"n": 2})
        assert not JobRepository(connection).note("a", "somebody/2/bb")
    assert get(database, "a").state is JobState.RUNNING
    with database.writing() as connection:
        JobRepository(connection).succeed("a", ME, {"n": 2})
    with database.writing() as connection:
        JobRepository(connection).fail("a", ME, JobFailure("late", "too late"))
    ended = get(database, "a")
    assert (ended.state, ended.result, ended.failure, ended.progress) == (JobState.SUCCEEDED, {"n": 2}, None, 1.0)
    assert ended.finished_at is not None


def test_a_failure_is_kept_whole(database: Database) -> None:
    queue(database, "a")
    claim(database)
    failure = JobFailure("invalid_input", "wrong", "metric", "'x'", "one of two")
    with database.writing() as connection:
        JobRepository(connection).fail("a", ME, failure)
    assert (get(database, "a").state, get(database, "a").failure) == (JobState.FAILED, failure)


def test_a_queued_job_is_cancelled_at_once_and_an_ended_one_stays(database: Database) -> None:
    queue(database, "a")
    with database.writing() as connection:
        assert JobRepository(connection).request_cancel("a").state is JobState.CANCELLED
    with database.writing() as connection:
        assert JobRepository(connection).request_cancel("a").state is JobState.CANCELLED
    assert claim(database) is None


def test_a_job_put_back_is_begun_before_later_ones(database: Database) -> None:
    queue(database, "a", "b")
    claim(database)
    with database.writing() as connection:
        JobRepository(connection).requeue("a", ME, "a test")
    again = claim(database, "here/2/bb")
    assert again is not None
    assert (again.job_id, again.attempt, again.owner) == ("a", 2, "here/2/bb")


def test_jobs_come_in_pages(database: Database) -> None:
    queue(database, "a", "b", "c")
    queue(database, "d", kind="neural-train")
    with database.reading() as connection:
        repository = JobRepository(connection)
        first = repository.page(PageRequest(limit=3))
        rest = repository.page(PageRequest(cursor=first.next_cursor))
        assert [[job.job_id for job in page.items] for page in (first, rest)] == [["d", "c", "b"], ["a"]]
        assert [job.job_id for job in repository.page(PageRequest(), kind="neural-train").items] == ["d"]
        assert repository.page(PageRequest(), state=JobState.RUNNING).items == ()
        assert repository.page(PageRequest(), kind="\x00").items == ()


def test_the_oldest_ended_jobs_are_forgotten(database: Database) -> None:
    queue(database, "a", "b", "c", "d")
    with database.writing() as connection:
        repository = JobRepository(connection)
        for job_id in ("a", "c", "d"):
            repository.request_cancel(job_id)
        repository.drop_ended(max_stored=1)
        assert [job.job_id for job in repository.page(PageRequest()).items] == ["d", "b"]


def test_an_unknown_job_is_reported(database: Database) -> None:
    for job_id in ("nobody", "\x00"):
        with pytest.raises(NotFoundError):
            get(database, job_id)


def test_jobs_of_a_key_are_those_that_wait_or_run(database: Database) -> None:
    with database.writing() as connection:
        for job_id, key_id in (("a", "key_1"), ("b", "key_1"), ("c", "key_1"), ("d", "key_2"), ("e", None)):
            JobRepository(connection).queue(job_id, "refit", {}, key_id=key_id)
    claim(database)  # a runs
    with database.writing() as connection:
        JobRepository(connection).request_cancel("b")
    with database.reading() as connection:
        counts = [JobRepository(connection).count_of_key(key_id) for key_id in ("key_1", "key_2", "key_3")]
    assert counts == [2, 1, 0]


def test_what_a_revoked_key_has_queued_is_not_begun_and_what_has_begun_goes_on(database: Database) -> None:
    with database.writing() as connection:
        made = ApiKeyRepository(connection)
        keys = [made.make(name=n, owner="o", scope=Scope.WRITE, expires_at=None)[1].key_id for n in ("a", "b")]
        for job_id, key_id in (("runs", keys[0]), ("again", keys[0]), ("waits", keys[0]), ("other", keys[1])):
            JobRepository(connection).queue(job_id, "refit", {}, key_id=key_id)
        JobRepository(connection).queue("nobody's", "refit", {})
    for _ in range(2):
        claim(database)
    with database.writing() as connection:
        JobRepository(connection).requeue("again", ME, "its worker died")
        ApiKeyRepository(connection).revoke(keys[0])
    states = {name: get(database, name).state for name in ("runs", "again", "waits", "other", "nobody's")}
    assert states == {
        "runs": JobState.RUNNING,
        "again": JobState.QUEUED,
        "waits": JobState.CANCELLED,
        "other": JobState.QUEUED,
        "nobody's": JobState.QUEUED,
    }
    assert get(database, "waits").finished_at is not None
    with database.reading() as connection:
        lines = JobLineRepository(connection).page(get(database, "waits").seq, PageRequest(limit=9)).items
    assert [line.text for line in lines] == ["queued", f"cancelled: the key {keys[0]} that had queued it was revoked"]
    with database.writing() as connection:  # a request that was under way at another service
        JobRepository(connection).queue("late", "refit", {}, key_id=keys[0])
    assert [job and job.job_id for job in (claim(database) for _ in range(4))] == ["again", "other", "nobody's", None]
    assert get(database, "late").state is JobState.CANCELLED


def test_an_owner_need_not_go_on_with_what_was_cancelled_or_taken_from_it(database: Database) -> None:
    names = ["mine", "cancelled", "theirs"]
    queue(database, *names)
    assert [job and job.job_id for job in (claim(database), claim(database), claim(database, "another"))] == names
    with database.writing() as connection:
        JobRepository(connection).request_cancel("cancelled")
    with database.reading() as connection:
        unwanted = RunningJobRepository(connection).unwanted([*names, "unknown"], ME)
    assert unwanted == {"cancelled", "theirs", "unknown"}
