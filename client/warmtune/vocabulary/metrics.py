"""Metrics and their direction: the one place that knows which way is better."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind


class Direction(StrEnum):
    """Whether a metric's larger or smaller values are better; the values are Optuna's names."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @property
    def sign(self) -> int:
        """+1 where larger is better, else -1: ``sign * value`` is always to be maximised."""
        return 1 if self is Direction.MAXIMIZE else -1


KNOWN_METRICS: Mapping[str, Direction] = MappingProxyType(
    {
        "accuracy": Direction.MAXIMIZE,
        "balanced_accuracy": Direction.MAXIMIZE,
        "roc_auc": Direction.MAXIMIZE,
        "f1": Direction.MAXIMIZE,
        "f1_macro": Direction.MAXIMIZE,
        "average_precision": Direction.MAXIMIZE,
        "log_loss": Direction.MINIMIZE,
        "error": Direction.MINIMIZE,
        "r2": Direction.MAXIMIZE,
        "rmse": Direction.MINIMIZE,
        "mse": Direction.MINIMIZE,
        "mae": Direction.MINIMIZE,
    }
)


REGRESSION_METRICS = frozenset({"r2", "rmse", "mse", "mae"})
"""Known metrics of numbers; the other known ones are of classes."""


def check_metric(metric: str, kind: TaskKind) -> str:
    """Return `metric` unless it is a known one of another kind of task; unknown metrics are the user's own.

    Raises:
        InvalidInputError: Naming the metrics that fit.
    """
    fitting = [known for known in KNOWN_METRICS if (known in REGRESSION_METRICS) != kind.is_classification]
    if metric in KNOWN_METRICS and metric not in fitting:
        raise InvalidInputError(
            f"{metric!r} is no metric of a {kind} task; there are {', '.join(fitting)}, or your own under its own name",
            field="metric",
            value=metric,
            limit=", ".join(fitting),
        )
    return metric


def default_metric(kind: TaskKind) -> str:
    """The metric taken when none is given: accuracy for classes, R2 for numbers."""
    return "accuracy" if kind.is_classification else "r2"


def resolve_direction(metric: str, direction: Direction | None) -> Direction:
    """Return the given direction, or the known one of `metric`.

    Raises:
        InvalidInputError: If none is given and the metric is not among `KNOWN_METRICS`, or if the given one
            contradicts a known metric.
    """
    known = KNOWN_METRICS.get(metric)
    if direction is None and known is None:
        raise InvalidInputError(
            f"metric {metric!r} is not a known one, so say its direction: 'minimize' or 'maximize'",
            field="direction",
            limit="minimize or maximize",
        )
    if direction is not None and known is not None and direction is not known:
        raise InvalidInputError(
            f"metric {metric!r} is known to {known}; give it another name to {direction} it",
            field="direction",
            value=str(direction),
            limit=str(known),
        )
    return direction or known or Direction.MAXIMIZE
