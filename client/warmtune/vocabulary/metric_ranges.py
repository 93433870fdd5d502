"""Which values a metric can have: a value outside is an error of measuring, or of the metric's name."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from warmtune.vocabulary.metrics import METRICS_BY_NAME, Direction, same_metrics

_TOLERANCE = 1e-6
"""A loss of -1e-16 is a rounding error."""

_SHARES = (
    *("accuracy", "accuracy_score", "error", "hamming_loss", "zero_one_loss", "top_k_accuracy", "auc"),
    *("average_precision", "average_precision_score", "precision_score", "recall_score", "f1_score"),
)
_SHARES_BY_PREFIX = ("f1", "jaccard", "precision", "recall", "roc_auc")
_CORRELATIONS = (
    *("matthews_corrcoef", "mcc", "cohen_kappa", "cohen_kappa_score"),
    *("balanced_accuracy", "balanced_accuracy_score"),  # negative where adjusted for chance
)
_AT_MOST_ONE = (
    *("r2", "r2_score", "explained_variance", "explained_variance_score", "d2_absolute_error_score"),
    *("d2_pinball_score", "d2_tweedie_score", "d2_log_loss_score", "d2_brier_score"),
)


def _ranges(names: Iterable[str]) -> Mapping[str, tuple[float, float]]:
    found = {}
    for name in names:
        usual = next(iter(same_metrics(name)))
        if usual in _SHARES or usual.startswith(_SHARES_BY_PREFIX):
            found[name] = (0.0, 1.0)
        elif usual in _CORRELATIONS:
            found[name] = (-1.0, 1.0)
        elif usual in _AT_MOST_ONE:
            found[name] = (-math.inf, 1.0)
        elif name.startswith("neg_"):
            found[name] = (-math.inf, 0.0)
        elif METRICS_BY_NAME[name].direction is Direction.MINIMIZE:
            found[name] = (0.0, math.inf)
    return MappingProxyType(found)


POSSIBLE_VALUES: Mapping[str, tuple[float, float]] = _ranges(METRICS_BY_NAME)
"""Lowest and highest value of the metrics whose name says what they are, in natural units."""


def possible_range(metric: str) -> tuple[float, float]:
    """Lowest and highest value that a metric can have, rounding included; infinite for metrics that aren't known."""
    low, high = POSSIBLE_VALUES.get(metric, (-math.inf, math.inf))
    return low - _TOLERANCE, high + _TOLERANCE


def is_impossible(metric: str, value: float | None) -> bool:
    """Whether a finite value can't be one of a known metric; False for metrics that aren't known, and for None."""
    low, high = possible_range(metric)
    return value is not None and not low <= value <= high


def why_impossible(metric: str, value: float) -> str:
    """One sentence: the metric's range, and the usual reason for a value outside it."""
    low, high = POSSIBLE_VALUES[metric]
    if math.isinf(high):
        text = f"{metric} is never below {low:g}"
    elif math.isinf(low):
        text = f"{metric} is never above {high:g}"
    else:
        text = f"{metric} lies between {low:g} and {high:g}"
    if (low, high) == (0.0, 1.0) and 1.0 < value <= 100.0:
        return f"{text}; divide percentages by 100"
    if math.isinf(high) and value < 0.0:
        return f"{text}; negated losses are called neg_{metric} or have another name"
    return text
