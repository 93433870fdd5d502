"""Our scores are scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from knowledge.backfill.scores import class_scores, regression_scores


@given(
    n_classes=st.integers(2, 6),
    n=st.integers(1, 80),
    seed=st.integers(0, 10_000),
    decimals=st.sampled_from([1, 2, 8]),  # few decimals: ties
)
def test_scores_of_classes(n_classes: int, n: int, seed: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n)])
    raw = rng.dirichlet(np.ones(n_classes), len(y)).round(decimals) + 1e-4
    raw /= raw.sum(axis=1, keepdims=True)
    predicted = raw.argmax(axis=1)
    found = class_scores(y, predicted, raw, n_classes=n_classes, probabilistic=True)
    area = metrics.roc_auc_score(y, raw[:, 1]) if n_classes == 2 else metrics.roc_auc_score(y, raw, multi_class="ovr")
    assert found == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(y, predicted),
            "balanced_accuracy": metrics.balanced_accuracy_score(y, predicted),
            "f1_macro": metrics.f1_score(y, predicted, average="macro"),
            "roc_auc": area,
            "log_loss": metrics.log_loss(y, raw),
        },
        abs=1e-12,
    )


def test_a_fold_without_a_class_has_no_area_and_no_log_loss() -> None:
    y, raw = np.array([0, 1, 1]), np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    found = class_scores(y, raw.argmax(axis=1), raw, n_classes=3, probabilistic=True)
    assert set(found) == {"accuracy", "balanced_accuracy", "f1_macro"}
    assert found["balanced_accuracy"] == pytest.approx(0.75)


def test_decision_values_of_two_classes_have_an_area_but_no_log_loss() -> None:
    y, values = np.array([0, 1, 0, 1]), np.array([-1.0, 2.0, 0.5, 0.5])
    found = class_scores(y, (values > 0).astype(int), values, n_classes=2, probabilistic=False)
    assert found["roc_auc"] == metrics.roc_auc_score(y, values)
    assert "log_loss" not in found


def test_certainty_that_is_wrong_costs_much_but_not_infinitely() -> None:
    raw = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = class_scores(np.array([1, 0]), np.array([0, 1]), raw, n_classes=2, probabilistic=True)
    assert found["log_loss"] == pytest.approx(metrics.log_loss([1, 0], raw))


@given(n=st.integers(2, 60), seed=st.integers(0, 10_000), scale=st.sampled_from([1e-6, 1.0, 1e9]))
def test_scores_of_numbers(n: int, seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    y, predicted = scale * rng.normal(size=n), scale * rng.normal(size=n)
    assert regression_scores(y, predicted) == pytest.approx(
        {
            "r2": metrics.r2_score(y, predicted),
            "rmse": metrics.root_mean_squared_error(y, predicted),
            "mae": metrics.mean_absolute_error(y, predicted),
        },
        rel=1e-9,
    )


@pytest.mark.parametrize(("predicted", "expected"), [([3.0, 3.0], 1.0), ([3.0, 4.0], 0.0)])
def test_r2_of_a_constant_target(predicted: list[float], expected: float) -> None:
    assert regression_scores(np.array([3.0, 3.0]), np.array(predicted))["r2"] == expected
