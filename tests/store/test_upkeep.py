"""Upkeep: what is old is forgotten, and room is given back."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from store.audit import AuditRepository
from store.connections.database import Database
from store.job_lines import JobLineRepository
from store.jobs import JobRepository
from store.pages import PageRequest
from store.retention import RetentionAges, count_expired, forget_expired
from store.stored_answers import StoredAnswer, StoredAnswerRepository
from store.studies import StudyRepository
from store.trials import TrialRepository
from store.upkeep import keep_up
from store.workspaces import WorkspaceRepository
from tests.store.samples import keep_study, make_trial
from warmtune.cli.app import app
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.trial import TrialState

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


@pytest.mark.slow
def test_ended_jobs_and_answers_go_when_their_time_is_over(database: Database) -> None:
    mine = filled(database)
    done = keep_up(database, RetentionAges(jobs=NOW, answers=NOW))
    assert (done.expired.n_jobs, done.expired.n_answers) == (N_JOBS, 1)
    with mine.reading() as connection:
        jobs = JobRepository(connection)
        assert jobs.count(JobState.CANCELLED) == 0
        waiting = jobs.get("job_waiting")
        assert [line.text for line in JobLineRepository(connection).page(waiting.seq, PageRequest()).items] == [
            "queued"
        ]


@pytest.mark.slow
def test_what_is_young_stays(database: Database) -> None:
    mine = filled(database)
    done = keep_up(database, RetentionAges(jobs=LONG, answers=LONG, audit=LONG, studies=LONG))
    assert (done.expired.n_jobs, done.expired.n_answers) == (0, 0)
    with mine.reading() as connection:
        assert JobRepository(connection).count(JobState.CANCELLED) == N_JOBS


@pytest.mark.slow
def test_sqlite_gives_room_back_while_others_have_it_open(database: Database) -> None:
    mine = filled(database)
    with mine.reading() as connection:
        before = JobRepository(connection).count(JobState.QUEUED)
    done = keep_up(database, RetentionAges(jobs=NOW, answers=NOW))
    if database.file is not None:
        assert done.bytes_after < done.bytes_before / 2
    with mine.writing() as connection:
        JobRepository(connection).queue("job_new", "refit", {})
        assert JobRepository(connection).count(JobState.QUEUED) == before + 1


@pytest.mark.slow
def test_old_studies_go_in_all_workspaces_with_an_entry_each(database: Database) -> None:
    mine = database.of_default()
    with database.writing() as connection:
        theirs = database.of(WorkspaceRepository(connection).create("theirs").workspace)
    old, open_one, other = keep_study(mine, "old"), keep_study(mine, "goes_on"), keep_study(theirs, "other")
    with mine.writing() as connection:
        TrialRepository(connection).report(old, [make_trial(0)])
        TrialRepository(connection).report(open_one, [make_trial(0, state=TrialState.RUNNING, value=None)])
    ages = RetentionAges(studies=NOW)
    with database.reading() as connection:
        expected = count_expired(connection, ages)
    assert (expected.n_studies, expected.n_trials) == (2, 1)
    assert keep_up(database, ages, dry_run=True).expired == expected
    assert forget_expired(database, ages) == expected
    with mine.reading() as connection:
        assert [study.study_id for study in StudyRepository(connection).page(PageRequest()).items] == [
            open_one.study_id
        ]
        entries = AuditRepository(connection).page(PageRequest()).items
        assert [(one.caller, one.method, one.object) for one in entries] == [("vacuum", "DELETE", old.study_id)]
    with theirs.reading() as connection:
        assert [one.object for one in AuditRepository(connection).page(PageRequest()).items] == [other.study_id]
    assert forget_expired(database, ages).n_studies == 0


def test_old_entries_of_the_trail_go(database: Database) -> None:
    keep_study(database.of_default())
    assert forget_expired(database, RetentionAges(studies=NOW)).n_studies == 1
    assert forget_expired(database, RetentionAges(audit=LONG)).n_audit == 0
    assert forget_expired(database, RetentionAges(audit=NOW)).n_audit == 1


@pytest.mark.slow
def test_the_command_says_what_it_would_forget_and_then_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/w.db"
    database = Database(url)
    database.migrate()
    filled(database)
    database.close()

    def said(*more: str) -> dict[str, Any]:
        asked = ["vacuum", "--database-url", url, "--jobs-days", "0", "--studies-days", "0", "--format", "json", *more]
        done = CliRunner().invoke(app, asked)
        assert done.exit_code == 0, done.output
        return dict(json.loads(done.output))

    planned, done, again = said("--dry-run"), said(), said()
    assert (planned["is_dry_run"], done["is_dry_run"]) == (True, False)
    assert planned["expired"] == done["expired"]
    assert (done["expired"]["n_jobs"], done["expired"]["n_studies"]) == (N_JOBS, 1)
    assert again["expired"]["n_jobs"] == again["expired"]["n_studies"] == 0
