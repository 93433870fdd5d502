"""What is deleted is gone, with what was learned from it; what ships stays."""

import pytest
from sqlalchemy import select

from store.connections.database import Database
from store.connections.scope import SHIPPED, everywhere
from store.deletion import delete_study, delete_task
from store.histories import past_tasks
from store.revisions import revision_of
from store.search_spaces import SearchSpaceRepository
from store.shipped import ShippedStudy, ShippedTrials, replace_shipped
from store.studies import StudyRepository
from store.tables import trials
from store.tasks import TaskRepository
from store.trials import TrialRepository
from tests.store.samples import KEY, SPACE, keep_study, make_task, make_trial
from warmtune.vocabulary.errors import ConflictError, NotFoundError


def report(database: Database, study_id: str, *, task_name: str) -> None:
    study = keep_study(database, study_id, task=make_task(task_name, n_rows=float(len(task_name))))
    with database.writing() as connection:
        TrialRepository(connection).report(study, [make_trial(0), make_trial(1, value=0.7)])


def ship(database: Database, task_name: str) -> None:
    task = make_task(task_name, n_rows=float(len(task_name)))
    trial = make_trial(0)
    with database.of(SHIPPED).writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(SPACE)
        past = ShippedTrials.of([(0, trial.configuration, 0.4, 1.0)])
        replace_shipped(connection, "v1", [task], [ShippedStudy("shipped", task.task_id, space_id, "svm", KEY, past)])


def test_a_deleted_study_teaches_nothing_and_its_models_learn_anew(database: Database) -> None:
    report(database, "one", task_name="a")
    report(database, "two", task_name="bb")
    with database.writing() as connection:
        before = revision_of(connection, KEY)
        assert delete_study(connection, "one") == {KEY.content_key}
    with database.reading() as connection:
        assert revision_of(connection, KEY) > before
        assert [past.task.name for past in past_tasks(connection, KEY)] == ["bb"]
        assert StudyRepository(connection).count_trials() == 2
        assert len(connection.execute(everywhere(select(trials.c.number))).all()) == 2
        assert TaskRepository(connection).count() == 2
        with pytest.raises(NotFoundError):
            StudyRepository(connection).get("one")


def test_a_deleted_task_takes_all_its_studies_along(database: Database) -> None:
    report(database, "one", task_name="a")
    report(database, "again", task_name="a")
    report(database, "other", task_name="bb")
    task_id = make_task("a", n_rows=1.0).task_id
    with database.writing() as connection:
        assert delete_task(connection, task_id) == {KEY.content_key}
    with database.reading() as connection:
        assert StudyRepository(connection).count() == 1
        assert [past.task.name for past in past_tasks(connection, KEY)] == ["bb"]
        with pytest.raises(NotFoundError):
            TaskRepository(connection).get(task_id)


def test_a_task_without_studies_can_be_deleted(database: Database) -> None:
    with database.writing() as connection:
        kept = TaskRepository(connection).keep(make_task("a"))
        assert delete_task(connection, kept.task.task_id) == frozenset()
    with database.reading() as connection:
        assert TaskRepository(connection).count() == 0


def test_what_ships_stays_but_own_studies_of_it_go(database: Database) -> None:
    ship(database, "a")
    report(database, "own", task_name="a")
    task_id = make_task("a", n_rows=1.0).task_id
    with database.writing() as connection:
        with pytest.raises(ConflictError, match="ships"):
            delete_study(connection, "shipped")
        with pytest.raises(ConflictError, match="ships"):
            delete_task(connection, task_id)
        delete_study(connection, "own")
    with database.reading() as connection:
        (past,) = past_tasks(connection, KEY)
        assert [trial.score for trial in past.trials] == [0.4]


def test_what_is_not_there_is_not_found(database: Database) -> None:
    with database.writing() as connection:
        with pytest.raises(NotFoundError):
            delete_study(connection, "nothing")
        with pytest.raises(NotFoundError):
            delete_task(connection, "nothing")
