"""Metrics and their direction: the one place that knows which way is better."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.spelling import did_you_mean, near_name
from warmtune.vocabulary.task import TaskKind


class Direction(StrEnum):
    """Whether a metric's larger or smaller values are better; the values are Optuna's names."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @property
    def sign(self) -> int:
        """+1 where larger is better, else -1: ``sign * value`` is always to be maximised."""
        return 1 if self is Direction.MAXIMIZE else -1

    @property
    def opposite(self) -> "Direction":
        """The other one."""
        return Direction.MINIMIZE if self is Direction.MAXIMIZE else Direction.MAXIMIZE


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
"""Metrics that Warmtune itself computes."""

REGRESSION_METRICS = frozenset({"r2", "rmse", "mse", "mae"})
"""Those of numbers; the other ones that it computes are of classes."""

_AVERAGES = ("", "_macro", "_micro", "_samples", "_weighted")
_CLASS_SCORES = (
    *(f"{score}{average}" for score in ("f1", "jaccard", "precision", "recall") for average in _AVERAGES),
    *("accuracy_score", "balanced_accuracy_score", "f1_score", "auc", "roc_auc_score", "matthews_corrcoef", "mcc"),
    *("roc_auc_ovo", "roc_auc_ovo_weighted", "roc_auc_ovr", "roc_auc_ovr_weighted", "top_k_accuracy"),
    *("cohen_kappa", "cohen_kappa_score", "average_precision_score", "precision_score", "recall_score"),
    *("neg_log_loss", "neg_brier_score", "neg_negative_likelihood_ratio", "positive_likelihood_ratio"),
    *("d2_log_loss_score", "d2_brier_score"),
    *("Accuracy", "acc", "classif.acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"),
    *("BalancedAccuracy", "balanced_acc", "bal_acc", "classif.bacc", "AUC", "ROC", "classif.auc", "auc_mu", "aucpr"),
    *("PRAUC", "classif.prauc", "F1", "TotalF1", "f1score", "Precision", "Recall", "MCC", "classif.mcc"),
    *("Kappa", "kappa", "quadratic_kappa"),
)
_CLASS_LOSSES = (
    *("logloss", "cross_entropy", "brier_score", "brier_score_loss", "hamming_loss", "zero_one_loss"),
    *("Logloss", "LogLoss", "mlogloss", "binary_logloss", "multi_logloss", "MultiClass", "CrossEntropy", "logLoss"),
    *("classif.logloss", "crossentropy", "binary_crossentropy"),
    *("categorical_crossentropy", "sparse_categorical_crossentropy", "merror", "binary_error", "multi_error"),
    *("error_rate", "classif.ce", "ZeroOneLoss", "BrierScore", "classif.bbrier", "classif.mbrier"),
)
_NUMBER_LOSSES = (
    *("root_mean_squared_error", "mean_squared_error", "mean_absolute_error", "median_absolute_error"),
    *("root_mean_squared_log_error", "mean_squared_log_error", "mean_absolute_percentage_error", "max_error"),
    *("mean_pinball_loss", "mean_poisson_deviance", "mean_gamma_deviance", "mean_tweedie_deviance"),
)
_OTHER_NUMBER_SCORES = ("R2", "r_squared", "rsq", "Rsquared", "regr.rsq", "r2score")
_NUMBER_SCORES = (
    *(f"neg_{loss}" for loss in _NUMBER_LOSSES),
    *("r2_score", "explained_variance", "explained_variance_score", "d2_absolute_error_score"),
    *("d2_pinball_score", "d2_tweedie_score", "neg_rmse", "neg_mse", "neg_mae"),
)
_MORE_NUMBER_LOSSES = (
    *("rmsle", "msle", "mape", "medae", "l1", "l2", "l2_root", "RMSE", "MSE", "MAE", "MAPE", "RMSLE", "MSLE", "SMAPE"),
    *("smape", "regr.rmse", "regr.mse", "regr.mae", "regr.mape", "regr.rmsle", "MedianAbsoluteError"),
)


_SPOKEN_OF: set[str] = set()

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownMetric:
    """What is known of a metric by its name.

    Attributes:
        direction: Which way is better.
        is_of_numbers: Whether it judges numbers; else classes.
    """

    direction: Direction
    is_of_numbers: bool


METRICS_BY_NAME: Mapping[str, KnownMetric] = MappingProxyType(
    {name: KnownMetric(way, name in REGRESSION_METRICS) for name, way in KNOWN_METRICS.items()}
    | {name: KnownMetric(Direction.MAXIMIZE, False) for name in _CLASS_SCORES if name not in KNOWN_METRICS}
    | {name: KnownMetric(Direction.MINIMIZE, False) for name in _CLASS_LOSSES}
    | {name: KnownMetric(Direction.MAXIMIZE, True) for name in (*_NUMBER_SCORES, *_OTHER_NUMBER_SCORES)}
    | {name: KnownMetric(Direction.MINIMIZE, True) for name in (*_NUMBER_LOSSES, *_MORE_NUMBER_LOSSES)}
)
"""Every metric whose name says what it judges: those above, scikit-learn's scorers and functions, usual short names,
and what XGBoost, LightGBM, CatBoost, Keras, caret and mlr3 call them."""


_SAME: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "accuracy": (
            *("accuracy_score", "Accuracy", "acc", "classif.acc"),
            *("binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"),
        ),
        "balanced_accuracy": (
            *("balanced_accuracy_score", "BalancedAccuracy", "balanced_acc", "bal_acc", "classif.bacc"),
        ),
        "roc_auc": ("roc_auc_score", "auc", "roc_auc_ovr", "AUC", "ROC", "classif.auc"),
        "f1": ("f1_score", "F1"),
        "precision": ("precision_score", "Precision"),
        "recall": ("recall_score", "Recall"),
        "average_precision": ("average_precision_score",),
        "matthews_corrcoef": ("mcc", "MCC", "classif.mcc"),
        "cohen_kappa": ("cohen_kappa_score", "Kappa", "kappa"),
        "log_loss": (
            *("logloss", "cross_entropy", "neg_log_loss", "Logloss", "LogLoss", "logLoss", "mlogloss"),
            *("binary_logloss", "multi_logloss", "MultiClass", "classif.logloss"),
            *("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"),
        ),
        "brier_score": ("brier_score_loss", "neg_brier_score"),
        "error": ("zero_one_loss", "merror", "binary_error", "multi_error", "error_rate", "classif.ce", "ZeroOneLoss"),
        "r2": ("r2_score", "R2", "r_squared", "rsq", "Rsquared", "regr.rsq"),
        "explained_variance": ("explained_variance_score",),
        "rmse": ("root_mean_squared_error", "neg_root_mean_squared_error", "neg_rmse", "RMSE", "l2_root", "regr.rmse"),
        "mse": ("mean_squared_error", "neg_mean_squared_error", "neg_mse", "MSE", "l2", "regr.mse"),
        "mae": ("mean_absolute_error", "neg_mean_absolute_error", "neg_mae", "MAE", "l1", "regr.mae"),
        "medae": ("median_absolute_error", "neg_median_absolute_error", "MedianAbsoluteError"),
        "mape": ("mean_absolute_percentage_error", "neg_mean_absolute_percentage_error", "MAPE", "regr.mape"),
        "rmsle": ("root_mean_squared_log_error", "neg_root_mean_squared_log_error", "RMSLE", "regr.rmsle"),
        "msle": ("mean_squared_log_error", "neg_mean_squared_log_error", "MSLE"),
        "max_error": ("neg_max_error",),
    }
)


@lru_cache(maxsize=256)
def same_metrics(metric: str) -> Mapping[str, int]:
    """Every name that means the same metric, itself included, with the sign that turns its values into `metric`'s.

    scikit-learn's ``neg_`` scores are losses upside down: of ``"rmse"``, ``neg_root_mean_squared_error`` has -1.
    """
    names = next(((name, *others) for name, others in _SAME.items() if metric == name or metric in others), (metric,))
    own = METRICS_BY_NAME.get(metric)
    signs = {name: 1 if own is None or METRICS_BY_NAME[name].direction is own.direction else -1 for name in names}
    return MappingProxyType(signs)


def meant_metric(name: str, known: Collection[str]) -> str:
    """What follows in a message about an unknown metric: a known name of the same one, or the nearest name."""
    same = next((one for one in same_metrics(name) if one in known), None)
    return did_you_mean(name, known) if same is None else f"; did you mean {same!r}?"


def judges_numbers(metric: str | None) -> bool | None:
    """Whether a metric is of numbers (True) or of classes (False); None for one that isn't known, or for none."""
    known = None if metric is None else METRICS_BY_NAME.get(metric)
    return None if known is None else known.is_of_numbers


def check_metric(metric: str, kind: TaskKind) -> str:
    """Return `metric` unless it is a known one of another kind of task; unknown metrics are the user's own.

    Raises:
        InvalidInputError: Naming both ways out: another metric, or another kind of task.
    """
    numbers = judges_numbers(metric)
    if numbers is None or numbers != kind.is_classification:
        return metric
    fitting = [known for known in KNOWN_METRICS if (known in REGRESSION_METRICS) != kind.is_classification]
    kinds = "regression" if numbers else "binary or multiclass"
    raise InvalidInputError(
        f"{metric!r} is not a metric of a {kind} task; use {', '.join(fitting)}, or your own under its own name."
        f" If the target is {'numbers' if numbers else 'classes'}, describe the table with kind={kinds}",
        field="metric",
        value=metric,
        limit=", ".join(fitting),
    )


def warn_of_spelling(metric: object) -> None:
    """Warn, once in a process, of a name that is nearly that of a known metric: under it there is no past."""
    if not isinstance(metric, str) or metric in METRICS_BY_NAME or metric in _SPOKEN_OF:
        return
    near = near_name(metric, METRICS_BY_NAME)
    if near is not None:
        _SPOKEN_OF.add(metric)
        _logger.warning("the metric %r is taken as your own, with its own past; did you mean %r?", metric, near)


def default_metric(kind: TaskKind) -> str:
    """The metric taken when none is given: accuracy for classes, R2 for numbers."""
    return "accuracy" if kind.is_classification else "r2"


def resolve_direction(metric: str, direction: Direction | None) -> Direction:
    """Return the given direction, or the known one of `metric`.

    Raises:
        InvalidInputError: If none is given and the metric is not among `METRICS_BY_NAME`, or if the given one
            contradicts a known metric.
    """
    named = METRICS_BY_NAME.get(metric)
    known = None if named is None else named.direction
    if direction is None and known is None:
        raise InvalidInputError(
            f"metric {metric!r} is unknown, so pass its direction: 'minimize' or 'maximize'"
            + did_you_mean(metric, METRICS_BY_NAME),
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
