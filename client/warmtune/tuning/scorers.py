"""From the name of a metric to scikit-learn's scorer, and scores in the metric's own units."""

import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.metrics import get_scorer, get_scorer_names

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import check_metric, default_metric
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
        raise InvalidInputError(
            f"no scorer computes {metric!r}", field="metric", value=metric, limit=", ".join(get_scorer_names())
        )
    return name


def metric_of(scorer: str) -> str:
    """What a scorer's metric is called: losses lose their ``neg_``."""
    return next((metric for metric, name in _SCORERS.items() if name == scorer and metric not in _MEANS), scorer)


def is_loss(scorer: str) -> bool:
    """Whether the scorer is a loss with its sign turned."""
    return scorer.startswith("neg_")


def check_scorer(scorer: str, y: pd.Series, *, has_probabilities: bool, search_space: str) -> None:
    """Find out before the search whether a scorer has a value for these classes and such models.

    Args:
        scorer: scikit-learn's name.
        y: Labels of two classes or more.
        has_probabilities: Whether the models have ``predict_proba``.
        search_space: What the models are called in the error.

    Raises:
        InvalidInputError: If it needs probabilities that the models don't have, or other labels.
    """
    stand_in = (DummyClassifier if has_probabilities else _WithoutProbabilities)(strategy="prior")
    X = np.zeros((len(y), 1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a stand-in that predicts one class only
            get_scorer(scorer)(stand_in.fit(X, y), X, y)
    except AttributeError as error:
        raise InvalidInputError(
            f"{metric_of(scorer)} needs probabilities, and models of {search_space!r} give none",
            field="metric",
            value=metric_of(scorer),
            limit="a metric of labels or of their ranking, or another search space",
        ) from error
    except ValueError as error:
        raise InvalidInputError(
            f"{metric_of(scorer)} has no value for this target: {error}",
            field="metric",
            value=metric_of(scorer),
            limit="a metric of all classes, such as accuracy, f1, roc_auc or log_loss",
        ) from error


class _WithoutProbabilities(DummyClassifier):  # type: ignore[misc]  # scikit-learn ships no types
    """Decides, as a support vector machine does, and gives no probabilities."""

    predict_proba = None

    def decision_function(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of shape ``(n,)`` for two classes, else a column for each class."""
        shares = np.asarray(DummyClassifier.predict_proba(self, X), dtype=np.float64)
        return shares[:, 1] if shares.shape[1] == 2 else shares
