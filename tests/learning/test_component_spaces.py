"""The space over whole pipelines learns from the studies over its algorithms' own spaces."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from knowledge.designs.shared import shared_design
from learning.component_spaces import component_spaces
from learning.limits import LearningRules
from learning.material import gather
from store.connections.database import Database
from store.model_keys import KindGroup, ModelKey
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StudyRepository
from store.tasks import TaskRepository
from store.trials import TrialRepository
from tests.databases import sqlite_in
from tests.store.samples import make_task
from warmtune.catalogue import catalogue, find_entry
from warmtune.catalogue.auto import NAME, as_whole_pipeline, part_of
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import Task, TaskKind
from warmtune.vocabulary.trial import Trial

WHOLE = find_entry(NAME, TaskKind.BINARY).space
KEY = ModelKey(WHOLE.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite_in(tmp_path) as opened:
        yield opened


def tune(database: Database, name: str, task: Task, *values: float) -> None:
    """A study over one algorithm's space."""
    entry = find_entry(name, task.kind)
    with database.writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(entry.space)
        kept = TaskRepository(connection).keep(task)
        key = ModelKey(entry.space.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
        new = NewStudy(f"{name} on {task.name}", kept.seq, space_id, name, key, None, {})
        study = StudyRepository(connection).create(new)
        design = shared_design(entry, len(values))
        trials = [Trial(i, c, value=v, duration_s=1.0) for i, (c, v) in enumerate(zip(design, values, strict=True))]
        TrialRepository(connection).report(study, trials)


@pytest.mark.parametrize(
    "entry", [e for e in catalogue() if e.name != NAME and not e.is_recorded], ids=lambda e: f"{e.name}-{len(e.kinds)}"
)
def test_every_configuration_of_a_part_is_one_of_the_whole(entry) -> None:  # type: ignore[no-untyped-def]
    whole = find_entry(NAME, next(iter(entry.kinds))).space
    for configuration in shared_design(entry, 12):
        pipeline = as_whole_pipeline(entry.name, configuration)
        assert whole.validate(pipeline) == pipeline
        name, own = part_of(pipeline)
        assert name == entry.name
        assert own.items() <= configuration.items()


def test_two_studies_of_a_task_are_one_past(database: Database) -> None:
    task, other = make_task("a", TaskKind.BINARY, n_rows=10.0), make_task("b", TaskKind.BINARY, n_rows=20.0)
    tune(database, "linear", task, 0.5, 0.6)
    tune(database, "knn", task, 0.7)
    tune(database, "knn", other, 0.8, 0.9)
    with database.reading() as connection:
        material = gather(connection, KEY, WHOLE, rules=LearningRules())
    scores = {h.task.name: sorted(h.scores.tolist()) for h in material.own}
    assert scores == {"a": [0.5, 0.6, 0.7], "b": [0.8, 0.9]}
    assert material.mapped == ()
    for history in material.own:
        assert all(WHOLE.validate(c) == dict(c) for c in history.configurations)
        assert history.noise is None


def test_what_the_parts_learned_since_makes_a_model_old(database: Database) -> None:
    task = make_task("a", TaskKind.BINARY, n_rows=10.0)
    tune(database, "knn", task, 0.7)
    with database.reading() as connection:
        before = gather(connection, KEY, WHOLE, rules=LearningRules())
    tune(database, "knn", make_task("b", TaskKind.BINARY, n_rows=20.0), 0.8)
    with database.reading() as connection:
        now = gather(connection, KEY, WHOLE, rules=LearningRules())
        pinned = gather(connection, KEY, WHOLE, pin=before.sources, rules=LearningRules())
    assert now.sources != before.sources
    assert [h.task.name for h in pinned.own] == ["a"]
    assert np.array_equal(pinned.own[0].scores, before.own[0].scores)


def test_other_spaces_have_no_parts() -> None:
    knn = find_entry("knn", TaskKind.BINARY).space
    assert component_spaces(ModelKey(knn.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)) == {}
    shipped = {e.name for e in catalogue() if not e.is_recorded}
    assert {name for _, name in component_spaces(KEY).values()} == shipped - {NAME}
