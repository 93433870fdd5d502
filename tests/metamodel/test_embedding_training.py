"""What training reaches on tasks it didn't see, and what it does where there is nothing to learn."""

from dataclasses import fields

import numpy as np
import pytest

from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.embedding.training import MIN_TASKS, train_embedding
from tests.metamodel.embedding_tasks import tasks_of_two_sources
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures


def map_error(embedding: TaskEmbedding, maps: np.ndarray, new: list[MetaFeatures], truth: np.ndarray) -> float:
    """Mean squared error of the weighted mean map, relative to that of equal weights."""
    places, included = embedding.place(maps), np.ones(len(maps), dtype=bool)
    error = equal = 0.0
    for meta_features, own in zip(new, truth, strict=True):
        weights = embedding.weights(
            embedding.embed(meta_features), places, included, familiarity=embedding.familiarity(meta_features)
        )
        error += float(((weights @ maps - own) ** 2).sum())
        equal += float(((maps.mean(axis=0) - own) ** 2).sum())
    return error / equal


def test_weighted_maps_predict_unseen_tasks_across_sources() -> None:
    meta_features, maps = tasks_of_two_sources(90, seed=1)
    embedding = train_embedding(meta_features[:60], maps[:60], seed=0)
    assert embedding.gain > 0.3
    assert map_error(embedding, maps[:60], meta_features[60:], maps[60:]) < 0.6


def test_meta_features_of_other_tasks_cost_nothing() -> None:
    meta_features, maps = tasks_of_two_sources(90, seed=1)
    order = np.random.default_rng(5).permutation(60)
    embedding = train_embedding([meta_features[i] for i in order], maps[:60], seed=0)
    assert map_error(embedding, maps[:60], meta_features[60:], maps[60:]) < 1.03


@pytest.mark.slow
def test_equal_seeds_give_equal_embeddings() -> None:
    meta_features, maps = tasks_of_two_sources(20, seed=2)
    one, two, other = (train_embedding(meta_features, maps, seed=seed) for seed in (0, 0, 1))
    for field in fields(TaskEmbedding):
        if field.name != "scaler":
            np.testing.assert_array_equal(getattr(one, field.name), getattr(two, field.name))
    assert one.scaler.names == two.scaler.names == other.scaler.names
    assert not np.array_equal(one.hidden_weights, other.hidden_weights)


def test_held_out_coordinates_predict_without_having_seen_the_task() -> None:
    meta_features, maps = tasks_of_two_sources(60, seed=1)
    embedding = train_embedding(meta_features, maps, seed=0)
    places = embedding.place(maps)
    seen = np.array([embedding.embed(task) for task in meta_features])
    held_out_error = ((embedding.held_out - places) ** 2).sum()
    assert held_out_error < 0.7 * (places**2).sum()
    assert held_out_error > ((seen - places) ** 2).sum()


def test_too_few_tasks_count_alike() -> None:
    meta_features, maps = tasks_of_two_sources(MIN_TASKS - 1, seed=0)
    embedding = train_embedding(meta_features, maps, seed=0)
    assert embedding.uniform_share == 1.0
    weights = embedding.weights(
        embedding.embed(meta_features[0]), embedding.place(maps), np.ones(len(maps), dtype=bool)
    )
    np.testing.assert_allclose(weights, 1.0 / len(maps))


@pytest.mark.parametrize("n_tasks", [1, 2, MIN_TASKS])
def test_tasks_without_meta_features_or_differences_count_alike(n_tasks: int) -> None:
    nothing = [MetaFeatures({})] * n_tasks
    maps = np.random.default_rng(0).random((n_tasks, 30))
    for embedding in (
        train_embedding(nothing, maps, seed=0),
        train_embedding([MetaFeatures({"x": float(i)}) for i in range(n_tasks)], np.full((n_tasks, 30), 0.5), seed=0),
    ):
        assert embedding.uniform_share == 1.0
        assert embedding.gain == 0.0
        assert np.isfinite(embedding.embed(MetaFeatures({"x": 1.0}))).all()


def test_copies_of_a_table_are_held_out_together() -> None:
    meta_features, maps = tasks_of_two_sources(20, seed=4)
    noise = np.random.default_rng(1).permutation(20)
    unrelated = maps[noise]  # nothing to learn but the copies themselves
    embedding = train_embedding(meta_features * 3, np.concatenate([unrelated] * 3), seed=0)
    assert embedding.gain < 0.2


def test_of_many_tasks_a_sample_is_learned_from_and_all_have_held_out_coordinates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("metamodel.embedding.training.MAX_TASKS", 40)
    meta_features, maps = tasks_of_two_sources(100, seed=1)
    embedding = train_embedding(meta_features, maps, seed=0)
    assert len(embedding.training_places) == 40
    places = embedding.place(maps)
    assert embedding.held_out.shape == places.shape
    assert ((embedding.held_out - places) ** 2).sum() < 0.8 * (places**2).sum()


def test_a_map_for_each_task_is_demanded() -> None:
    meta_features, maps = tasks_of_two_sources(5, seed=0)
    for wrong in (maps[:4], maps[0], np.zeros((0, 3))):
        with pytest.raises(InvalidInputError, match="map for each task"):
            train_embedding(meta_features, wrong, seed=0)
    maps[1, 2] = np.nan
    with pytest.raises(InvalidInputError, match="finite"):
        train_embedding(meta_features, maps, seed=0)
