import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from metafeatures import models
from metafeatures.encoding import EncodedSample
from metafeatures.groups.landmarking import class_folds, landmarking
from metafeatures.scores import accuracy, auc, r2


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    X = rng.normal(size=(240, 5))
    latent = X @ np.array([1.0, -0.5, 0.2, 0.0, 0.0]) + 0.5 * rng.normal(size=240)
    return X, np.digitize(latent, (-0.8, 0.3)).astype(np.int32), (latent - latent.mean()) / latent.std()


def test_class_scores_rank_like_scikit_learns_models(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    X, y, _ = data
    train, test = slice(0, 150), slice(150, None)
    pairs = {
        models.bayes_scores: GaussianNB(),
        models.linear_scores: RidgeClassifier(alpha=1.0),
        models.neighbour_scores: KNeighborsClassifier(1),
    }
    for ours, theirs in pairs.items():
        predicted = ours(X[train], y[train], X[test], 3).argmax(axis=1)
        assert (predicted == theirs.fit(X[train], y[train]).predict(X[test])).all(), theirs


def test_regressors_predict_what_scikit_learns_do(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    X, _, y = data
    pairs = {
        models.ridge_predictions: Ridge(alpha=1.0),
        models.linear_predictions: LinearRegression(),
        models.neighbour_predictions: KNeighborsRegressor(1),
    }
    for ours, theirs in pairs.items():
        expected = theirs.fit(X[:150], y[:150]).predict(X[150:])
        assert_allclose(ours(X[:150], y[:150], X[150:]), expected, atol=1e-6)


def test_scores_are_scikit_learns(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    _, y, numbers = data
    rng = np.random.default_rng(8)
    scores = np.round(rng.random((len(y), 3)) + 0.3 * (y[:, None] == np.arange(3)), 1)  # with ties
    one_against_rest = [roc_auc_score(y == code, scores[:, code]) for code in range(3)]
    assert auc(y, scores) == pytest.approx(np.mean(one_against_rest), rel=1e-12)
    assert accuracy(y, scores) == accuracy_score(y, scores.argmax(axis=1))
    predicted = numbers + rng.normal(size=len(numbers))
    assert r2(numbers, predicted) == pytest.approx(max(r2_score(numbers, predicted), -1.0), rel=1e-12)
    assert r2(numbers, predicted + 1e300) == -1.0


def test_the_protocol_is_stratified_two_fold_cross_validation(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    X, y, _ = data
    odd = class_folds(y)
    assert np.bincount(y[odd]) == pytest.approx(np.bincount(y) / 2, abs=1)
    values = landmarking(EncodedSample(X, X, y, None))
    expected = np.empty_like(y)
    for test in (odd, ~odd):
        expected[test] = GaussianNB().fit(X[~test], y[~test]).predict(X[test])
    assert values["naive_bayes_accuracy"] == pytest.approx(accuracy_score(y, expected))


def test_regression_protocol_alternates_rows(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    X, _, y = data
    values = landmarking(EncodedSample(X, X, None, y))
    odd = np.arange(len(y)) % 2 == 1
    expected = np.empty_like(y)
    for test in (odd, ~odd):
        expected[test] = Ridge(alpha=1.0).fit(X[~test], y[~test]).predict(X[test])
    assert values["ridge_r2"] == pytest.approx(r2_score(y, expected), rel=1e-9)
    linear, stump = values["linear_r2"], values["stump_r2"]
    assert isinstance(linear, float)
    assert isinstance(stump, float)
    assert linear > stump


def test_a_class_that_was_not_trained_on_is_never_preferred() -> None:
    X = np.random.default_rng(1).normal(size=(20, 2))
    y = np.repeat(np.array([0, 2], dtype=np.int32), 10)
    for model in (models.bayes_scores, models.neighbour_scores, models.linear_scores):
        assert 1 not in model(X, y, X, 4).argmax(axis=1)
