"""The embedding as served: weights and similarity."""

import numpy as np
import pytest

from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.embedding.training import train_embedding
from tests.metamodel.embedding_tasks import tasks_of_two_sources
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures

Trained = tuple[TaskEmbedding, list[MetaFeatures], np.ndarray]


@pytest.fixture(scope="module")
def trained() -> Trained:
    meta_features, maps = tasks_of_two_sources(50, seed=3)
    return train_embedding(meta_features, maps, seed=0), meta_features, maps


def test_weights_sum_to_one_over_the_included_tasks_only(trained: Trained) -> None:
    embedding, meta_features, maps = trained
    included = np.arange(len(maps)) % 3 != 0
    weights = embedding.weights(embedding.embed(meta_features[0]), embedding.place(maps), included)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights[~included] == 0.0).all()
    assert (weights[included] > 0.0).all()


def test_weights_of_no_task_are_all_zero(trained: Trained) -> None:
    embedding, meta_features, maps = trained
    none = np.zeros(len(maps), dtype=bool)
    assert (embedding.weights(embedding.embed(meta_features[0]), embedding.place(maps), none) == 0.0).all()


def test_weights_do_not_depend_on_the_order_of_the_tasks(trained: Trained) -> None:
    embedding, meta_features, maps = trained
    order = np.random.default_rng(0).permutation(len(maps))
    own, places, included = embedding.embed(meta_features[0]), embedding.place(maps), np.arange(len(maps)) > 4
    plain = embedding.weights(own, places, included)
    shuffled = embedding.weights(own, places[order], included[order])
    np.testing.assert_allclose(shuffled, plain[order], atol=1e-12)


def test_an_excluded_task_far_out_leaves_the_others_weights_finite(trained: Trained) -> None:
    embedding, meta_features, maps = trained
    places = embedding.place(maps)
    places[0] = 1e6
    included = np.arange(len(maps)) > 0
    weights = embedding.weights(embedding.embed(meta_features[1]), places, included)
    assert np.isfinite(weights).all()
    assert weights.sum() == pytest.approx(1.0)


def test_an_unfamiliar_task_is_weighed_more_evenly(trained: Trained) -> None:
    embedding, meta_features, maps = trained
    own, places, included = embedding.embed(meta_features[0]), embedding.place(maps), np.ones(len(maps), dtype=bool)
    familiar = embedding.weights(own, places, included, familiarity=1.0)
    strange = embedding.weights(own, places, included, familiarity=0.0)
    assert familiar.max() > 1.5 / len(maps)
    np.testing.assert_allclose(strange, 1.0 / len(maps))


def test_familiarity_is_one_for_training_tasks_and_falls_far_away(trained: Trained) -> None:
    embedding, meta_features, _ = trained
    assert embedding.familiarity(meta_features[0]) == 1.0
    far = MetaFeatures(dict.fromkeys(meta_features[0].values, 1000000.0))
    assert embedding.familiarity(far) < 0.3


def test_embedding_is_finite_for_any_gaps_and_extreme_values(trained: Trained) -> None:
    embedding, meta_features, _ = trained
    for strange in (
        MetaFeatures({}),
        MetaFeatures({"never.seen": 3.0}),
        MetaFeatures(dict.fromkeys(meta_features[0].values, -1e300)),
    ):
        assert np.isfinite(embedding.embed(strange)).all()
        assert 0.0 <= embedding.familiarity(strange) <= 1.0


def test_similarity_is_one_at_the_own_place_and_within_bounds(trained: Trained) -> None:
    embedding, _, maps = trained
    places = embedding.place(maps)
    similarity = embedding.similarity(places[7], places)
    assert similarity[7] == 1.0
    assert ((similarity >= 0.0) & (similarity <= 1.0)).all()
    assert similarity.min() < 0.5


def test_place_refuses_maps_at_other_anchors(trained: Trained) -> None:
    embedding, _, maps = trained
    with pytest.raises(InvalidInputError, match="anchors"):
        embedding.place(maps[:, :-1])
