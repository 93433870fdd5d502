"""A forest that was grown on the core decides among all tasks."""

from dataclasses import replace

import numpy as np
import pytest

from metamodel.embedding.task_forest import TaskForest
from metamodel.engine import SpaceModel, fit_model
from metamodel.large import leaf_pool
from metamodel.large.leaf_pool import LeafPool, PoolWriter
from metamodel.large.retrieval import N_RETRIEVED, retrieve
from metamodel.maps.history import TaskHistory
from tests.metamodel.forests import forest_of_one_split
from tests.metamodel.synthetic import SPACE, make_histories, make_task
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Strategy

N_TASKS, N_CORE = 700, 60


@pytest.fixture(scope="module")
def histories() -> list[TaskHistory]:
    return make_histories(N_TASKS, n_known=8)[0]


@pytest.fixture(scope="module")
def model(histories: list[TaskHistory]) -> SpaceModel:
    found = fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE, core_tasks=N_CORE)
    assert found.many is not None and found.embedding is not None
    forest = forest_of_one_split(N_CORE)
    writer = PoolWriter(forest, found.embedding.scaler, N_TASKS)
    for start in range(0, N_TASKS, 100):
        writer.add(start, histories[start : start + 100])
    return replace(found, forest=forest, many=replace(found.many, pool=writer.written()))


def goes_left(model: SpaceModel, histories: list[TaskHistory], row: int) -> bool:
    assert model.embedding is not None
    return bool(model.embedding.locate(histories[row].task.meta_features).inputs[0] <= 0.0)


def test_a_leaf_speaks_for_those_that_end_in_it_by_their_shares() -> None:
    pool = LeafPool(np.array([2, 5, 9], dtype=np.int32), np.array([[1, 4], [1, 5], [2, 4]], dtype=np.uint16))
    weights = pool.weights(np.array([1, 4], dtype=np.int32), np.array([1.0, 1.0, 0.5], dtype=np.float32))
    np.testing.assert_allclose(weights, [(0.5 + 2.0 / 3.0) / 2.0, 0.25, (1.0 / 3.0) / 2.0], rtol=1e-6)
    assert pool.weights(np.array([7, 7], dtype=np.int32), np.ones(3, dtype=np.float32)).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.slow
def test_tasks_end_where_the_forest_sends_each(model: SpaceModel, histories: list[TaskHistory]) -> None:
    assert model.many is not None and model.many.pool is not None
    assert model.many.pool.rows.tolist() == list(range(N_TASKS))
    for row in (0, 99, 100, 699):
        assert model.many.pool.leaves[row, 0] == (1 if goes_left(model, histories, row) else 2)


def test_of_more_tasks_some_at_equal_steps_are_chosen_among(
    model: SpaceModel, histories: list[TaskHistory], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model.embedding is not None and isinstance(model.forest, TaskForest)
    monkeypatch.setattr(leaf_pool, "MAX_POOL", 200)
    writer = PoolWriter(model.forest, model.embedding.scaler, N_TASKS)
    for start in range(0, N_TASKS, 150):
        writer.add(start, histories[start : start + 150])
    assert writer.written().rows.tolist() == list(range(0, N_TASKS, 4))


def test_the_forest_has_its_share_of_the_weights_and_of_the_places(
    model: SpaceModel, histories: list[TaskHistory]
) -> None:
    assert model.many is not None and model.embedding is not None and model.forest is not None
    asked = make_task(9_000, 0.2).meta_features
    found = retrieve(model.many, model.embedding, model.forest, asked)
    without = retrieve(model.many, model.embedding, None, asked)
    assert found.weights.strategy is Strategy.NEIGHBOURS
    assert found.weights.near.sum() == pytest.approx(1.0)
    assert len(set(found.rows.tolist())) == len(found.rows) <= N_RETRIEVED
    familiarity = model.embedding.familiarity(asked)
    left = model.embedding.locate(asked).inputs[0] <= 0.0
    together = np.array([goes_left(model, histories, int(row)) == left for row in found.rows])
    least = model.forest.share * familiarity
    assert found.weights.near[together].sum() >= least
    assert together.sum() >= round(N_RETRIEVED * least)
    assert set(found.rows.tolist()) != set(without.rows.tolist())
    assert found.weights.trust != without.weights.trust


def test_excluded_tasks_have_no_share(model: SpaceModel) -> None:
    assert model.many is not None and model.forest is not None
    asked = make_task(9_000, 0.2).meta_features
    first = retrieve(model.many, model.embedding, model.forest, asked)
    heaviest = [model.many.names.task(int(row)).task_id for row in first.rows[np.argsort(-first.weights.near)[:40]]]
    without = retrieve(model.many, model.embedding, model.forest, asked, exclude=heaviest)
    assert not {model.many.names.task(int(row)).task_id for row in without.rows} & set(heaviest)
    assert without.weights.near.sum() == pytest.approx(1.0)


@pytest.mark.slow
def test_a_learned_forest_is_used_above_the_core(histories: list[TaskHistory]) -> None:
    rng = np.random.default_rng(3)
    shaped = []
    for history in histories[:300]:
        features = history.task.meta_features
        extra = {f"n{i}": float(v) for i, v in enumerate(rng.normal(size=6))}
        task = replace(history.task, meta_features=replace(features, values={**features.values, **extra}))
        upside_down = extra["n0"] > 0.0 and extra["n1"] > 0.0  # what a plane doesn't separate
        shaped.append(replace(history, task=task, scores=1.0 - history.scores if upside_down else history.scores))
    found = fit_model(SPACE, shaped, metric="accuracy", direction=Direction.MAXIMIZE, core_tasks=120)
    assert found.many is not None
    assert found.forest is not None
    assert found.many.pool is not None
    assert len(found.many.pool.rows) == 300
    answer = found.recommend(shaped[0].task.meta_features, n=3)
    assert answer.strategy is Strategy.NEIGHBOURS
