"""Models that were kept: found at a start and by other replicas, for as long as they may answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import structlog
from optuna.distributions import FloatDistribution
from sqlalchemy import update

from learning.limits import LearningRules
from learning.models.cache import ModelCache
from learning.models.learned import LearnedModel
from learning.snapshots.engine import engine_digest, source_digest
from store.connections.database import Database
from store.connections.scope import everywhere
from store.deletion import delete_study
from store.model_keys import KindGroup, ModelKey
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StudyRepository
from store.tables import model_snapshots
from store.tasks import TaskRepository
from store.trials import TrialRepository
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial

SPACE = SearchSpace({name: FloatDistribution(0.0, 1.0) for name in "xy"}, defaults={"x": 0.5, "y": 0.5})
KEY = ModelKey(SPACE.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
ASKED = MetaFeatures({"n_rows": 150.0})


def keep_study(database: Database, number: int, space: SearchSpace = SPACE) -> None:
    """A study of a task of its own with eight trials, over a search space with the parameters of `SPACE`."""
    features = MetaFeatures({"n_rows": 100.0 + number})
    task = Task(task_id_of(TaskKind.BINARY, features), f"task {number}", TaskKind.BINARY, features)
    points = np.random.default_rng(number).uniform(size=(8, 2)).round(4)
    trials = [
        Trial(i, {"x": float(x), "y": float(y)}, value=1.0 - (float(x) - 0.3) ** 2, duration_s=1.0)
        for i, (x, y) in enumerate(points)
    ]
    with database.writing() as connection:
        stored = TaskRepository(connection).keep(task)
        space_id = SearchSpaceRepository(connection).keep(space)
        key = replace(KEY, content_key=space.content_key)
        study = StudyRepository(connection).create(
            NewStudy(f"study_{number}", stored.seq, space_id, "plane", key, None, {})
        )
        TrialRepository(connection).report(study, trials)


@pytest.fixture
def filled(database: Database) -> Database:
    for number in range(5):
        keep_study(database, number)
    return database


@contextmanager
def started(database: Database) -> Iterator[tuple[ModelCache, list[float]]]:
    """The models of a service, and the seconds of all fits; at its end everything is kept."""
    fits: list[float] = []
    models = ModelCache(database, on_fit=fits.append, max_models=8, rules=LearningRules())
    yield models, fits
    models.wait_until_stored()
    models.close()


def answer_of(learned: LearnedModel) -> object:
    return learned.model.recommend(ASKED, n=5)


def test_a_restart_learns_nothing_and_answers_the_same(filled: Database) -> None:
    with started(filled) as (models, fits):
        before = answer_of(models.get(KEY, SPACE))
        assert len(fits) == 1
    with started(filled) as (models, fits):
        assert answer_of(models.get(KEY, SPACE)) == before
        assert fits == []


def test_a_replica_finds_what_another_has_learned(filled: Database) -> None:
    with started(filled) as (one, fits_of_one), started(filled) as (other, fits_of_other):
        learned = one.get(KEY, SPACE)
        one.wait_until_stored()
        assert other.get(KEY, SPACE).model.version == learned.model.version
        keep_study(filled, 11)
        one.get(KEY, SPACE)
        one.wait_until_stored()
        other.get(KEY, SPACE)
        other.wait_until_stored()
        assert len(other.get(KEY, SPACE).model.histories) == 6
        assert (len(fits_of_one), len(fits_of_other)) == (2, 0)


def test_trials_that_came_in_while_nothing_ran_are_learned_from_in_the_background(filled: Database) -> None:
    with started(filled) as (models, _):
        models.get(KEY, SPACE)
    keep_study(filled, 11)
    with started(filled) as (models, fits):
        assert len(models.get(KEY, SPACE).model.histories) == 5
        models.wait_until_stored()
        assert len(models.get(KEY, SPACE).model.histories) == 6
        assert len(fits) == 1


def test_nothing_is_answered_from_a_deleted_study(filled: Database) -> None:
    with started(filled) as (models, _):
        models.get(KEY, SPACE)
    with filled.writing() as connection:
        delete_study(connection, "study_3")
    with started(filled) as (models, fits):
        assert len(models.get(KEY, SPACE).model.histories) == 4
        assert len(fits) == 1


def test_other_defaults_are_learned_for_anew(filled: Database) -> None:
    with started(filled) as (models, _):
        models.get(KEY, SPACE)
    moved = replace(SPACE, defaults={"x": 0.1, "y": 0.9})
    with started(filled) as (models, fits):
        maps = models.get(KEY, moved).model.maps
        assert maps is not None
        assert maps.anchors[0] == {"x": 0.1, "y": 0.9}
        assert len(fits) == 1


def test_another_engine_learns_anew(filled: Database) -> None:
    with started(filled) as (models, _):
        models.get(KEY, SPACE)
    with filled.writing() as connection:
        connection.execute(everywhere(update(model_snapshots).values(engine="of an older release")))
    with started(filled) as (models, fits):
        models.get(KEY, SPACE)
        assert len(fits) == 1


def test_engines_are_distinguished_by_their_source(tmp_path: Path) -> None:
    source = tmp_path / "maps" / "prior.py"
    source.parent.mkdir()
    digests = []
    for text in (b"NOISE = 1e-3\n", b"NOISE = 1e-3\r\n", b"NOISE = 2e-3\n"):
        source.write_bytes(text)
        digests.append(source_digest({"metamodel": tmp_path}))
    assert digests[0] == digests[1] != digests[2]
    assert engine_digest() == engine_digest() != digests[2]


@pytest.mark.parametrize("damage", [b"", b"WTBLOCK1 and nothing else", b"\x80\x04K\x01."])
def test_a_damaged_snapshot_is_logged_and_learned_anew(filled: Database, damage: bytes) -> None:
    with started(filled) as (models, _):
        before = answer_of(models.get(KEY, SPACE))
    with filled.writing() as connection:
        connection.execute(everywhere(update(model_snapshots).values(content=damage)))
    with structlog.testing.capture_logs() as lines, started(filled) as (models, fits):
        assert answer_of(models.get(KEY, SPACE)) == before
        assert len(fits) == 1
    assert [line["log_level"] for line in lines if line["event"] == "snapshot_unusable"] == ["warning"]
    with started(filled) as (models, fits):
        models.get(KEY, SPACE)
        assert fits == []


def test_another_workspace_learns_from_its_own(filled: Database) -> None:
    with started(filled) as (models, _):
        models.get(KEY, SPACE)
    with filled.of(None).writing() as connection:
        other = filled.of(WorkspaceRepository(connection).create("other").workspace)
    for number in (21, 22, 23):
        keep_study(other, number)
    with started(filled) as (models, fits):
        histories = models.of(other).get(KEY, SPACE).model.histories
        assert [history.task.name for history in histories] == ["task 21", "task 22", "task 23"]
        assert len(fits) == 1


def test_what_is_learned_while_the_service_stops_serves_and_is_not_kept(filled: Database) -> None:
    fits: list[float] = []
    models = ModelCache(filled, on_fit=fits.append, max_models=8, rules=LearningRules())
    models.close()
    assert answer_of(models.refresh(KEY, SPACE)) is not None
    with started(filled) as (later, fits_of_later):
        later.get(KEY, SPACE)
        assert len(fits_of_later) == 1
