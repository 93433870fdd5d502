"""Which known metric a foreign name means: ``val_auc`` is ``roc_auc``, ``neg_log_loss`` is ``log_loss`` upside down."""

import re
from dataclasses import dataclass
from types import MappingProxyType

from warmtune.vocabulary.metrics import KNOWN_METRICS, REGRESSION_METRICS
from warmtune.vocabulary.task import TaskKind

_PREFIXES = ("metrics", "mean_test", "validation", "valid", "val", "eval", "dev", "test", "cv", "mean", "best")
_SUFFIXES = ("score", "mean")
_ALIASES = MappingProxyType(
    {
        "acc": "accuracy",
        "balanced_acc": "balanced_accuracy",
        "bal_acc": "balanced_accuracy",
        "auc": "roc_auc",
        "rocauc": "roc_auc",
        "auroc": "roc_auc",
        "roc_auc_ovr": "roc_auc",
        "area_under_roc": "roc_auc",
        "logloss": "log_loss",
        "cross_entropy": "log_loss",
        "crossentropy": "log_loss",
        "binary_logloss": "log_loss",
        "multi_logloss": "log_loss",
        "mlogloss": "log_loss",
        "macro_f1": "f1_macro",
        "ap": "average_precision",
        "error_rate": "error",
        "classification_error": "error",
        "merror": "error",
        "r2": "r2",
        "r_squared": "r2",
        "root_mean_squared_error": "rmse",
        "mean_squared_error": "mse",
        "l2": "mse",
        "mean_absolute_error": "mae",
        "l1": "mae",
    }
)


@dataclass(frozen=True, slots=True)
class MetricReading:
    """What a foreign name was understood as.

    Attributes:
        metric: The known metric, or the name as it is.
        is_known: Whether it is one of Warmtune's own.
        is_negated: Whether the source's values are the metric's with the other sign (scikit-learn's ``neg_`` scores).
    """

    metric: str
    is_known: bool
    is_negated: bool


def read_metric(name: str) -> MetricReading:
    """Translate a foreign metric name; an unknown one stays the user's own."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    plain = _without(plain, _PREFIXES, at_start=True)
    is_negated = plain.startswith("neg_")
    plain = plain.removeprefix("neg_")
    for candidate in (plain, _without(plain, _SUFFIXES, at_start=False)):
        known = _ALIASES.get(candidate, candidate)
        if known in KNOWN_METRICS:
            return MetricReading(known, is_known=True, is_negated=is_negated)
    return MetricReading(name, is_known=False, is_negated=False)


def kind_by_metric(metric: str) -> TaskKind | None:
    """The kind of task that a known metric is of; of the classes, the one that it is most used for."""
    if metric not in KNOWN_METRICS:
        return None
    if metric in REGRESSION_METRICS:
        return TaskKind.REGRESSION
    return TaskKind.BINARY if metric in ("roc_auc", "f1", "average_precision") else TaskKind.MULTICLASS


def _without(text: str, parts: tuple[str, ...], *, at_start: bool) -> str:
    """Strip prefixes or suffixes, but never the whole name."""
    while True:
        for part in parts:
            if at_start and text.startswith(f"{part}_") and text not in KNOWN_METRICS and text not in _ALIASES:
                text = text[len(part) + 1 :]
                break
            if not at_start and text.endswith(f"_{part}"):
                text = text[: -len(part) - 1]
                break
        else:
            return text
