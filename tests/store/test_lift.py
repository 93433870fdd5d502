"""Lift: regret of studies' first trials against the default's."""

import pytest

from store.connections.database import Database
from store.lift import Lift, own_lift
from store.model_keys import KindGroup, ModelKey
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StudyRepository
from store.tasks import TaskRepository
from store.trials import TrialRepository
from store.workspaces import WorkspaceRepository
from tests.service.past_studies import LINE
from tests.store.samples import make_task
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import Trial

DEFAULT = {"x": 0.5, "y": 0.5}
LABEL = "imported"


def keep(
    database: Database,
    name: str,
    values: list[float | None],
    *,
    default_at: int | None,
    direction: Direction = Direction.MAXIMIZE,
    task: str = "t",
    metadata: dict[str, str] | None = None,
    first: int = 0,
) -> None:
    key = ModelKey(LINE.content_key, KindGroup.CLASSIFICATION, "m", direction)
    with database.writing() as connection:
        stored = TaskRepository(connection).keep(make_task(task, n=float(len(task))))
        space_id = SearchSpaceRepository(connection).keep(LINE)
        new = NewStudy(name, stored.seq, space_id, None, key, None, metadata or {})
        study = StudyRepository(connection).create(new)
        trials = [
            Trial(first + n, DEFAULT if n == default_at else {"x": n / 100, "y": 0.0}, value=value)
            for n, value in enumerate(values)
            if value is not None
        ]
        TrialRepository(connection).report(study, trials)


def lift(database: Database) -> Lift | None:
    with database.reading() as connection:
        return own_lift(connection, limit=50, without_label=LABEL)


def test_first_trials_are_compared_with_the_default(database: Database) -> None:
    mine = database.of_default()
    keep(mine, "up", [0.6, 0.2, 0.1, 0.0, 0.4, 1.0], default_at=1)
    found = lift(database)
    assert found is not None
    assert found.n_studies == 1
    assert found.of_default == pytest.approx(0.8)
    assert found.after == {1: pytest.approx(0.4), 5: pytest.approx(0.4), 10: pytest.approx(0.0)}


def test_directions_count_and_studies_are_averaged(database: Database) -> None:
    mine = database.of_default()
    keep(mine, "up", [1.0, 0.0], default_at=1, task="a")
    keep(mine, "down", [3.0, 1.0, 5.0], default_at=2, direction=Direction.MINIMIZE, task="bb")
    found = lift(database)
    assert found is not None
    assert found.n_studies == 2
    assert found.of_default == pytest.approx(1.0)
    assert found.after == {1: pytest.approx(0.25), 5: pytest.approx(0.0), 10: pytest.approx(0.0)}


def test_other_studies_of_the_task_say_what_is_good(database: Database) -> None:
    mine = database.of_default()
    keep(mine, "up", [0.5, 0.25], default_at=1)
    keep(mine, "later", [1.0, 0.0], default_at=None)
    found = lift(database)
    assert found is not None
    assert found.of_default == pytest.approx(0.75)
    assert found.after[1] == pytest.approx(0.5)


def test_another_workspace_knows_nothing_of_the_task(database: Database) -> None:
    keep(database.of_default(), "up", [0.5, 0.25], default_at=1)
    with database.writing() as connection:
        other = database.of(WorkspaceRepository(connection).create("other").workspace)
    keep(other, "theirs", [1.0, 0.0], default_at=None)
    found = lift(database)
    assert found is not None
    assert (found.of_default, found.after[1]) == (1.0, 0.0)


def test_what_cant_be_compared_is_left_out(database: Database) -> None:
    mine = database.of_default()
    keep(mine, "no default", [0.5, 0.25], default_at=None, task="a")
    keep(mine, "imported", [0.5, 0.25], default_at=1, task="bb", metadata={LABEL: "i"})
    keep(mine, "flat", [0.5, 0.5], default_at=1, task="ccc")
    keep(mine, "empty", [], default_at=None, task="dddd")
    keep(mine, "begins late", [0.5, 0.25], default_at=1, task="eeeee", first=3)
    assert lift(database) is None
