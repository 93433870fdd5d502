"""Upkeep: what is old is forgotten, and room is given back."""

from datetime import timedelta

from store.database import Database
from store.job_lines import JobLineRepository
from store.jobs import JobRepository
from store.pages import PageRequest
from store.stored_answers import StoredAnswer, StoredAnswerRepository
from store.upkeep import keep_up
from tests.store.samples import keep_study
from warmtune.vocabulary.job import JobState

LONG, NOW = timedelta(days=1), timedelta(0)
N_JOBS = 200


def filled(database: Database) -> Database:
    mine = database.of_default()
    keep_study(mine)
    with mine.writing() as connection:
        jobs = JobRepository(connection)
        for number in range(N_JOBS):
            jobs.queue(f"job_{number}", "refit", {"text": "x" * 10_000})
            jobs.request_cancel(f"job_{number}")
        jobs.queue("job_waiting", "refit", {})
        answers = StoredAnswerRepository(connection, max_age=LONG, max_stored=10)
        answers.keep("k", StoredAnswer("r", 200, "application/json", b"{}"))
    return mine


def test_ended_jobs_and_answers_go_when_their_time_is_over(database: Database) -> None:
    mine = filled(database)
    done = keep_up(database, jobs_for=NOW, answers_for=NOW)
    assert (done.n_jobs, done.n_answers) == (N_JOBS, 1)
    with mine.reading() as connection:
        jobs = JobRepository(connection)
        assert jobs.count(JobState.CANCELLED) == 0
        waiting = jobs.get("job_waiting")
        assert [line.text for line in JobLineRepository(connection).page(waiting.seq, PageRequest()).items] == [
            "queued"
        ]


def test_what_is_young_stays(database: Database) -> None:
    mine = filled(database)
    done = keep_up(database, jobs_for=LONG, answers_for=LONG)
    assert (done.n_jobs, done.n_answers) == (0, 0)
    with mine.reading() as connection:
        assert JobRepository(connection).count(JobState.CANCELLED) == N_JOBS


def test_sqlite_gives_room_back_while_others_have_it_open(database: Database) -> None:
    mine = filled(database)
    with mine.reading() as connection:
        before = JobRepository(connection).count(JobState.QUEUED)
    done = keep_up(database, jobs_for=NOW, answers_for=NOW)
    if database.file is not None:
        assert done.bytes_after < done.bytes_before / 2
    with mine.writing() as connection:
        JobRepository(connection).queue("job_new", "refit", {})
        assert JobRepository(connection).count(JobState.QUEUED) == before + 1
