"""What depends on the model alone is made when it is learned: answers are those of making it anew, bit for bit."""

import numpy as np
import pytest

from metamodel.answers import harm
from metamodel.answers.harm import PastScores, compare, compare_with
from metamodel.answers.portfolio import MAX_TASKS, greedy_portfolio
from metamodel.answers.recommendations import of_rows
from metamodel.answers.weights import heaviest
from metamodel.engine import SpaceModel, fit_model
from tests.metamodel.synthetic import SPACE, make_histories
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import MetaFeatures


@pytest.fixture(scope="module")
def model() -> SpaceModel:
    return fit_model(SPACE, make_histories(16, n_known=12)[0], metric="accuracy", direction=Direction.MAXIMIZE)


@pytest.mark.slow
def test_seconds_at_anchors_are_those_of_the_anchors(model: SpaceModel) -> None:
    assert model.durations is not None
    assert model.maps is not None
    for known in (MetaFeatures({"n_rows": 5e4, "n_columns": 12.0}), MetaFeatures({}), None):
        np.testing.assert_array_equal(
            model.durations.seconds_at_anchors(known), model.durations.seconds(known, model.maps.features)
        )


def test_typical_utilities_are_medians_of_what_was_tried(model: SpaceModel) -> None:
    assert model.maps is not None
    np.testing.assert_array_equal(model.maps.typical, np.median(model.maps.mean[:, : model.maps.n_tried], axis=1))


def test_a_task_is_located_as_it_is_embedded(model: SpaceModel) -> None:
    assert model.embedding is not None
    known = model.histories[3].task.meta_features
    location = model.embedding.locate(known)
    np.testing.assert_array_equal(location.coordinates, model.embedding.embed(known))
    assert location.familiarity == model.embedding.familiarity(known)
    names = model.embedding.scaler.names
    assert location.known == sum(name in known.values for name in names) / len(names)
    np.testing.assert_array_equal(location.inputs, np.nan_to_num(model.embedding.scaler.transform([known])[0], nan=0.0))


@pytest.mark.parametrize("columns", [[0, 1, 2, 3], [0, 2, 3], [1, 2, 3], []])
def test_parts_of_a_matrix_are_the_same_however_they_are_taken(columns: list[int]) -> None:
    matrix = np.random.default_rng(0).normal(size=(6, 6))
    rows, some = np.array([1, 2, 5], dtype=np.intp), np.array(columns, dtype=np.intp)
    np.testing.assert_array_equal(of_rows(matrix, rows, some), matrix[np.ix_(rows, some)])
    np.testing.assert_array_equal(of_rows(matrix, some, some), matrix[np.ix_(some, some)])


def test_a_portfolio_of_the_heaviest_tasks_is_that_of_all() -> None:
    rng = np.random.default_rng(0)
    utility, weights = rng.uniform(size=(MAX_TASKS + 90, 30)), rng.uniform(size=MAX_TASKS + 90)
    kept = heaviest(weights, MAX_TASKS)
    of_all = greedy_portfolio(utility, weights, np.eye(30), size=8, reference=0)
    of_kept = greedy_portfolio(utility[kept], weights[kept], np.eye(30), size=8, reference=0)
    np.testing.assert_array_equal(of_all, of_kept)


def test_chances_do_not_depend_on_how_many_tasks_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    past = PastScores(rng.uniform(size=(75, 9)), rng.uniform(0.0, 0.1, size=(75, 9)), rng.uniform(size=75), np.ones(75))
    weights = rng.uniform(size=75)
    typical = np.median(past.utility, axis=1)
    before = compare(past, weights, reference=2), compare_with(past, weights, typical, np.zeros(75))
    monkeypatch.setattr(harm, "ROWS_AT_ONCE", 1_000)
    after = compare(past, weights, reference=2), compare_with(past, weights, typical, np.zeros(75))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal([one.harm, one.better, one.worse], [other.harm, other.better, other.worse])
