"""Imported studies in the store, on SQLite and PostgreSQL."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, func, select, text

from store.connections.database import Database
from store.connections.scope import everywhere
from store.histories import past_tasks
from store.imported_studies import WholeStudy
from store.imports import UNDESCRIBED, ImportRepository, StoredImport
from store.model_keys import ModelKey
from store.pages import PageRequest
from store.revisions import revision_of
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StudyRepository
from store.tables import imported_studies, tasks, trials
from store.tasks import TaskRepository
from store.trial_rows import trial_row
from store.trials import TrialRepository
from tests.store.samples import KEY, SPACE, make_task, make_trial
from warmtune.vocabulary.errors import ConflictError, NotFoundError, UnavailableError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial, TrialState
from warmtune.vocabulary.work import work_checked_by

RECORD = ImportRecord(
    "import_1", "optuna-sqlite", "Optuna 5.0.0", "optuna.db", "0" * 64, "Ada", datetime(2026, 1, 2, tzinfo=UTC)
)
TRIALS = (
    make_trial(0, value=0.5),
    replace(make_trial(1, value=0.75), intermediate_values={0: 0.25, 5: 0.75}),
    make_trial(2, value=None, state=TrialState.FAIL),
    Trial(3, {"C": 1.5}, state=TrialState.RUNNING),
)


def take(
    database: Database,
    given: tuple[Trial, ...] = TRIALS,
    *,
    record: ImportRecord = RECORD,
    task: Task | None = None,
    space: SearchSpace = SPACE,
) -> StoredImport:
    with database.writing() as connection:
        stored = TaskRepository(connection).keep(task or make_task())
        space_id = SearchSpaceRepository(connection).keep(space)
        key = replace(KEY, content_key=space.content_key)
        new = NewStudy("study_1", stored.seq, space_id, None, key, "imported", {"commit": "4f2a"})
        return ImportRepository(connection).take(record, new, [trial_row(trial) for trial in given])


def kept(database: Database) -> tuple[Trial, ...]:
    with database.reading() as connection:
        return TrialRepository(connection).of_study(StudyRepository(connection).get("study_1"))


def test_a_study_is_kept_with_its_trials_and_totals(database: Database) -> None:
    taken = take(database)
    assert taken == StoredImport("study_1", is_new=True, is_moved=False, n_new=4, n_changed=0, n_unchanged=0)
    assert kept(database) == TRIALS
    with database.reading() as connection:
        study = StudyRepository(connection).get("study_1")
        assert (study.n_trials, study.best_value, study.metadata) == (4, 0.75, {"commit": "4f2a"})
        past = past_tasks(connection, KEY)
        assert len(past[0].trials) == 3  # the running one isn't learned from
        assert revision_of(connection, KEY) == 1
        assert past_tasks(connection, KEY, up_to=0) == ()


def test_a_long_study_that_nobody_wants_any_more_leaves_nothing(database: Database) -> None:
    looks = iter(range(3))

    def check() -> None:
        if next(looks, None) is None:
            raise UnavailableError("nobody wants it")

    with work_checked_by(check), pytest.raises(UnavailableError, match="nobody wants it"):
        take(database, tuple(make_trial(number, value=0.5) for number in range(3_000)))
    with database.reading() as connection:
        assert StudyRepository(connection).find("study_1") is None
        assert connection.execute(everywhere(select(func.count()).select_from(trials))).scalar_one() == 0
    assert take(database).is_new


def test_the_same_again_changes_nothing(database: Database) -> None:
    take(database)
    again = take(database, record=replace(RECORD, import_id="import_2"))
    assert again == StoredImport("study_1", is_new=False, is_moved=False, n_new=0, n_changed=0, n_unchanged=4)
    assert kept(database) == TRIALS
    with database.reading() as connection:
        assert revision_of(connection, KEY) == 1
        assert [record.import_id for record in ImportRepository(connection).page(PageRequest()).items] == ["import_1"]


def test_a_study_that_has_grown_gets_what_is_new(database: Database) -> None:
    take(database)
    grown = (*TRIALS[:3], make_trial(3, value=0.875), make_trial(4, value=0.125))
    taken = take(database, grown, record=replace(RECORD, import_id="import_2"))
    assert (taken.n_new, taken.n_changed, taken.n_unchanged) == (1, 1, 3)
    assert kept(database) == grown
    with database.reading() as connection:
        repository = ImportRepository(connection)
        assert StudyRepository(connection).get("study_1").best_value == 0.875
        assert [record.import_id for record in repository.of_study("study_1")] == ["import_1", "import_2"]
        ranges = connection.execute(
            everywhere(select(imported_studies.c.trial_numbers).order_by(imported_studies.c.import_seq))
        ).scalars()
        assert list(ranges) == [[[0, 3]], [[3, 4]]]


def test_a_finished_trial_with_other_content_refuses_the_study(database: Database) -> None:
    take(database)
    with pytest.raises(ConflictError, match="trial 0"):
        take(database, (make_trial(0, value=0.25), make_trial(9)))
    assert kept(database) == TRIALS


def test_a_study_follows_its_source_to_another_search_space_and_task(database: Database) -> None:
    undescribed = Task("task_undescribed", "imported", TaskKind.MULTICLASS, MetaFeatures({}, version=UNDESCRIBED))
    take(database, task=undescribed)
    wider = SearchSpace({**SPACE.parameters}, conditions=())
    other = make_task("described", n_rows=10.0)
    taken = take(database, task=other, space=wider)
    assert taken.is_moved
    assert (taken.n_new, taken.n_unchanged) == (0, 4)
    there = ModelKey(wider.content_key, KEY.kind_group, KEY.metric, KEY.direction)
    with database.reading() as connection:
        assert past_tasks(connection, KEY) == ()
        assert [past.task.task_id for past in past_tasks(connection, there)] == [other.task_id]
        assert revision_of(connection, KEY) == 2
        assert past_tasks(connection, there, up_to=revision_of(connection, there))[0].trials
        # nothing else was of the task without meta-features
        assert connection.execute(everywhere(select(func.count()).select_from(tasks))).scalar_one() == 1


def test_a_task_that_somebody_described_stays_when_its_study_moves(database: Database) -> None:
    take(database, task=make_task("mine"))
    assert take(database, task=make_task("described", n_rows=10.0)).is_moved
    with database.reading() as connection:
        assert connection.execute(everywhere(select(func.count()).select_from(tasks))).scalar_one() == 2


def studies_of(connection: Connection, names: Sequence[str], given: tuple[Trial, ...]) -> list[WholeStudy]:
    stored = TaskRepository(connection).keep_all([make_task(name, n_rows=float(len(name))) for name in names])
    space_id = SearchSpaceRepository(connection).keep(SPACE)
    return [
        WholeStudy(NewStudy(f"study_{n}", task.seq, space_id, None, KEY, None, {}), [trial_row(t) for t in given])
        for n, task in enumerate(stored.values())
    ]


def test_many_studies_are_stored_as_one_after_the_other(database: Database) -> None:
    names = ["a", "bb", "ccc"]
    with database.writing() as connection:
        given = studies_of(connection, names, TRIALS)
        taken = ImportRepository(connection).take_new(RECORD, given)
    assert [(one.study_id, one.is_new, one.n_new) for one in taken] == [(f"study_{n}", True, 4) for n in range(3)]
    with database.reading() as connection:
        studies = StudyRepository(connection)
        for n in range(3):
            study = studies.get(f"study_{n}")
            assert (study.n_trials, study.best_value) == (4, 0.75)
            assert TrialRepository(connection).of_study(study) == TRIALS
        assert ImportRepository(connection).get("import_1").n_studies == 3
        assert ImportRepository(connection).known(["study_0", "study_9"]) == {"study_0"}
        assert past_tasks(connection, KEY, up_to=0) == ()
        assert len(past_tasks(connection, KEY, up_to=revision_of(connection, KEY))) == 3


def test_studies_that_are_stored_just_so_are_unchanged(database: Database) -> None:
    with database.writing() as connection:
        same, grown, moved = studies_of(connection, ["a", "bb", "ccc"], TRIALS)
        repository = ImportRepository(connection)
        repository.take_new(RECORD, [same, grown, moved])
        asked = [
            same,
            replace(grown, rows=[*grown.rows, trial_row(make_trial(9, value=0.1))]),
            replace(moved, new=replace(moved.new, task_seq=same.new.task_seq)),
            replace(same, new=replace(same.new, study_id="study_9")),
        ]
        assert repository.unchanged(asked) == {
            "study_0": StoredImport("study_0", is_new=False, is_moved=False, n_new=0, n_changed=0, n_unchanged=4)
        }


def test_of_tasks_that_are_kept_at_once_the_first_of_an_identifier_counts(database: Database) -> None:
    first, other = make_task("one", n_rows=3.0), make_task("two", n_rows=4.0)
    with database.writing() as connection:
        repository = TaskRepository(connection)
        stored = repository.keep_all([first, replace(first, name="again"), other])
        assert {task_id: task.task.name for task_id, task in stored.items()} == {
            first.task_id: "one",
            other.task_id: "two",
        }
        assert repository.keep_all([other, first]) == stored
        newer = replace(first, meta_features=replace(first.meta_features, version="another"))
        assert repository.keep_all([newer])[first.task_id].task.meta_features.version == "another"


def test_deleting_a_study_leaves_no_record_of_it(database: Database) -> None:
    take(database)
    with database.writing() as connection:
        connection.execute(everywhere(trials.delete()))
        connection.execute(text("DELETE FROM studies"))
    with database.reading() as connection:
        assert ImportRepository(connection).get("import_1").n_studies == 0


def test_where_studies_came_from(database: Database) -> None:
    take(database)
    with database.reading() as connection:
        repository = ImportRepository(connection)
        assert repository.get("import_1") == replace(RECORD, n_studies=1)
        assert repository.page(PageRequest(limit=1)).items == (replace(RECORD, n_studies=1),)
        for name in ("import_9", "\x00"):
            with pytest.raises(NotFoundError):
                repository.get(name)
