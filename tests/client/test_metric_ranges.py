"""Which values a metric can have."""

import pytest

from warmtune.vocabulary.metric_ranges import POSSIBLE_VALUES, is_impossible, why_impossible
from warmtune.vocabulary.metrics import METRICS_BY_NAME


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("accuracy", 87.3),
        ("accuracy", -0.2),
        ("roc_auc_ovr", 1.01),
        ("error", 3.0),
        ("r2", 1.2),
        ("rmse", -4.0),
        ("neg_root_mean_squared_error", 4.0),
        ("log_loss", -0.5),
        ("mcc", -1.5),
    ],
)
def test_values_outside_the_range_are_impossible(metric: str, value: float) -> None:
    assert is_impossible(metric, value)
    assert metric in why_impossible(metric, value)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("accuracy", 1.0),
        ("accuracy", 0.0),
        ("r2", -1e6),
        ("balanced_accuracy", -0.1),
        ("log_loss", -1e-16),
        ("log_loss", 40.0),
        ("neg_log_loss", -3.0),
        ("profit", -1e9),
        ("positive_likelihood_ratio", 12.0),
        ("rmse", None),
    ],
)
def test_values_that_can_be_are_possible(metric: str, value: float | None) -> None:
    assert not is_impossible(metric, value)


def test_every_range_belongs_to_a_known_metric_and_holds_something() -> None:
    assert set(POSSIBLE_VALUES) <= set(METRICS_BY_NAME)
    assert all(low < high for low, high in POSSIBLE_VALUES.values())


def test_the_reason_names_the_usual_mistake() -> None:
    assert "divide percentages by 100" in why_impossible("accuracy", 87.3)
    assert "neg_rmse" in why_impossible("rmse", -2.0)
