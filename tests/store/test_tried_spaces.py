"""Over which other search spaces a task has been tuned, as one workspace may know it."""

import pytest
from optuna.distributions import FloatDistribution

from store.connections.database import Database
from store.connections.scope import SHIPPED
from store.model_keys import KindGroup, ModelKey
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StudyRepository
from store.tasks import TaskRepository
from store.trials import TrialRepository
from store.tried_spaces import MIN_TRIALS, tried_spaces
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial

SPACES = {name: SearchSpace({name: FloatDistribution(0.0, 1.0)}) for name in ("asked", "few", "many", "errors", "most")}


def key_of(name: str, metric: str = "accuracy", group: KindGroup = KindGroup.CLASSIFICATION) -> ModelKey:
    direction = Direction.MINIMIZE if metric == "log_loss" else Direction.MAXIMIZE
    return ModelKey(SPACES[name].content_key, group, metric, direction)


def tune(
    database: Database, name: str, n: int, *, task: str = "task_a", study: str = "", key: ModelKey | None = None
) -> None:
    with database.writing() as connection:
        stored = TaskRepository(connection).keep(Task(task, task, TaskKind.BINARY, MetaFeatures({"n_rows": 5.0})))
        space_id = SearchSpaceRepository(connection).keep(SPACES[name])
        made = StudyRepository(connection).create(
            NewStudy(study or f"study_{task}_{name}", stored.seq, space_id, name, key or key_of(name), None, {})
        )
        trials = [Trial(i, {name: i / max(n, 2)}, value=0.5, duration_s=1.0) for i in range(n)]
        TrialRepository(connection).report(made, trials)


def found(database: Database, *, task: str = "task_a", limit: int = 9) -> list[tuple[str | None, str]]:
    with database.reading() as connection:
        return [(one.name, one.key.metric) for one in tried_spaces(connection, key_of("asked"), task, limit=limit)]


def test_other_spaces_with_enough_trials_are_found(database: Database) -> None:
    tune(database, "asked", 9)
    tune(database, "few", MIN_TRIALS - 1)
    tune(database, "many", MIN_TRIALS)
    tune(database, "most", MIN_TRIALS + 4)
    assert found(database) == [("most", "accuracy"), ("many", "accuracy")]
    assert found(database, limit=1) == [("most", "accuracy")]
    assert found(database, task="task_b") == []


def test_the_asked_metric_comes_first_and_each_space_once(database: Database) -> None:
    tune(database, "errors", 20, key=key_of("errors", "log_loss"))
    tune(database, "many", 30, key=key_of("many", "log_loss"), study="study_other_metric")
    tune(database, "many", MIN_TRIALS)
    assert found(database) == [("many", "accuracy"), ("errors", "log_loss")]


def test_trials_of_several_studies_are_added_up(database: Database) -> None:
    for number in range(3):
        tune(database, "few", 1, study=f"study_{number}")
    assert found(database) == [("few", "accuracy")]


def test_another_kind_of_task_is_no_relative(database: Database) -> None:
    tune(database, "many", 9, key=key_of("many", group=KindGroup.REGRESSION))
    assert found(database) == []


@pytest.mark.parametrize("asking", ["own", "other"])
def test_another_workspace_sees_nothing(database: Database, asking: str) -> None:
    with database.writing() as connection:
        other = database.of(WorkspaceRepository(connection).create("other").workspace)
    tune(database, "many", 9)
    assert found(database if asking == "own" else other) == ([("many", "accuracy")] if asking == "own" else [])


def test_what_ships_is_not_the_workspaces_own(database: Database) -> None:
    tune(database.of(SHIPPED), "many", 9)
    assert found(database) == []
    tune(database, "most", 9)
    assert found(database) == [("most", "accuracy")]
