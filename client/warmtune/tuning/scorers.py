"""From the name of a metric to scikit-learn's scorer, and scores in the metric's own units."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sklearn.metrics import get_scorer_names

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import KNOWN_METRICS, check_metric, default_metric, judges_numbers, meant_metric
from warmtune.vocabulary.task import TaskKind

_SCORERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rmse": "neg_root_mean_squared_error",
        "mse": "neg_mean_squared_error",
        "mae": "neg_mean_absolute_error",
        "log_loss": "neg_log_loss",
        "f1": "f1_macro",  # of labels of any type, none of which is called positive
        "precision": "precision_macro",
        "recall": "recall_macro",
    }
)
_MEANS: Final = frozenset({"f1", "precision", "recall"})
"""Metrics that are means over the classes here, and are shown by the scorer's name, which says so."""


def scorer_name(metric: str | None, kind: TaskKind) -> str:
    """scikit-learn's scorer of a metric that Warmtune or scikit-learn knows.

    Args:
        metric: By its name; None for accuracy, or R2 for numbers.
        kind: What is predicted.

    Raises:
        InvalidInputError: On a metric of another kind of task, or one that no scorer computes.
    """
    if metric is None:
        return default_metric(kind)
    check_metric(metric, kind)
    name = "roc_auc_ovr" if metric == "roc_auc" and kind is TaskKind.MULTICLASS else _SCORERS.get(metric, metric)
    if name not in get_scorer_names():
        known = {**_SCORERS, **dict.fromkeys(get_scorer_names())}
        usual = [one for one in known if judges_numbers(one) != kind.is_classification and one in KNOWN_METRICS]
        raise InvalidInputError(
            f"no scorer computes {metric!r}{meant_metric(metric, known)}",
            field="metric",
            value=metric,
            limit=f"{', '.join(usual)}, or another name of sklearn.metrics.get_scorer_names()",
        )
    return name


def metric_of(scorer: str) -> str:
    """What a scorer's metric is called: losses lose their ``neg_``."""
    return next((metric for metric, name in _SCORERS.items() if name == scorer and metric not in _MEANS), scorer)


def is_loss(scorer: str) -> bool:
    """Whether the scorer is a loss with its sign turned."""
    return scorer.startswith("neg_")
