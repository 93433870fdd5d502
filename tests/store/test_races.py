"""Deleting and creating at the same time: the second gets an error that says so, nobody a database's."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from store.connections.database import Database
from store.deletion import delete_study, delete_task
from store.imported_studies import StudyTrials, insert_trials
from store.imports import ImportRepository
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StudyRepository
from store.tasks import TaskLock, TaskRepository
from store.trial_rows import trial_row
from store.trials import TrialRepository
from store.workspaces import WorkspaceRepository
from tests.store.samples import KEY, SPACE, keep_study, make_task, make_trial
from tests.store.workspace_contents import record
from warmtune.vocabulary.errors import ConflictError, NotFoundError, UnavailableError, WarmtuneError

TASK = make_task("raced")


def study_of(database: Database, task_seq: int, study_id: str = "study_new") -> NewStudy:
    with database.writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(SPACE)
    return NewStudy(study_id, task_seq, space_id, None, KEY, None, {})


@pytest.mark.slow
def test_a_task_that_is_used_waits_with_its_deletion(database: Database) -> None:
    with database.writing() as connection:
        task = TaskRepository(connection).keep(TASK)
    new = study_of(database, task.seq)
    deleting = threading.Thread(target=lambda: gone.append(deleted(database)))
    gone: list[object] = []
    with database.writing() as connection:
        TaskRepository(connection).get(TASK.task_id, lock=TaskLock.USE)
        deleting.start()
        deleting.join(0.3)
        StudyRepository(connection).create(new)
    deleting.join(30)
    assert gone == [frozenset({KEY.content_key})]  # it came after the study, and took it along
    with database.reading() as connection:
        assert StudyRepository(connection).find("study_new") is None


def deleted(database: Database) -> object:
    with database.writing() as connection:
        return delete_task(connection, TASK.task_id)


def test_what_refers_to_something_deleted_is_a_conflict(database: Database) -> None:
    with database.writing() as connection:
        task = TaskRepository(connection).keep(TASK)
    new = study_of(database, task.seq)
    deleted(database)
    with pytest.raises(ConflictError, match="deleted"), database.writing() as connection:
        StudyRepository(connection).create(new)
    rows = [trial_row(make_trial(n)) for n in range(3)]
    with pytest.raises(ConflictError, match="deleted"), database.writing() as connection:
        ImportRepository(connection).take(record("raced"), new, rows)


def test_imported_trials_of_a_deleted_study_are_a_conflict(database: Database) -> None:
    """On PostgreSQL they are copied, past SQLAlchemy."""
    with pytest.raises(ConflictError, match="deleted"), database.writing() as connection:
        insert_trials(connection, [StudyTrials(99_999, (KEY,), [trial_row(make_trial(0))])])


def test_copies_that_wait_too_long_are_named(postgres_url: str) -> None:
    opened = Database(postgres_url, timeout_s=1.0)
    opened.migrate()
    patient, holder = opened.of_default(), Database(postgres_url)
    study = keep_study(patient)
    with holder.writing() as connection:
        connection.execute(text("LOCK TABLE trials IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(UnavailableError) as refused, patient.writing() as other:
            insert_trials(other, [StudyTrials(study.seq, (KEY,), [trial_row(make_trial(0))])])
    assert refused.value.code == "busy"
    with patient.writing() as connection:  # the connection is of use again
        TrialRepository(connection).report(study, [make_trial(0)])
    opened.close()
    holder.close()


@pytest.mark.slow
def test_makers_and_deleters_at_once_end_in_known_errors_only(database: Database) -> None:
    other = database.of(None)

    def make(number: int) -> str:
        try:
            with database.writing() as connection:
                task = TaskRepository(connection).keep(TASK)
                space_id = SearchSpaceRepository(connection).keep(SPACE)
            with database.writing() as connection:
                new = NewStudy(f"study_{number % 3}", task.seq, space_id, None, KEY, None, {})
                study = StudyRepository(connection).create(new)
            with database.writing() as connection:
                TrialRepository(connection).report(study, [make_trial(number)])
        except WarmtuneError as error:
            return error.code
        return "done"

    def forget(number: int) -> str:
        try:
            with database.writing() as connection:
                if number % 2:
                    delete_task(connection, TASK.task_id)
                else:
                    delete_study(connection, f"study_{number % 3}")
        except WarmtuneError as error:
            return error.code
        return "done"

    def team(number: int) -> str:
        try:
            with other.writing() as connection:
                made = WorkspaceRepository(connection).create(f"team{number % 2}").workspace
            with other.of(made).writing() as connection:
                TaskRepository(connection).keep(TASK)
            with other.writing() as connection:
                WorkspaceRepository(connection).delete(made.name)
        except WarmtuneError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(8) as pool:
        ended = Counter(pool.map(lambda n: (make, forget, team, make)[n % 4](n), range(160)))
    assert set(ended) <= {"done", "not_found", "conflict"}, ended
    assert ended["done"] > 20


def test_deleting_twice_finds_nothing(database: Database) -> None:
    with database.writing() as connection:
        TaskRepository(connection).keep(TASK)
    deleted(database)
    with pytest.raises(NotFoundError):
        deleted(database)
