"""Whether a scorer has a value for a target and such models: found out before the search, by a stand-in."""

import warnings
from dataclasses import replace
from inspect import signature

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import make_scorer

from warmtune.sklearn.scorers import Scoring
from warmtune.vocabulary.errors import InvalidInputError

_USUAL_POSITIVE = 1


def with_positive_class(scoring: Scoring, y: ArrayLike) -> Scoring:
    """The scorer for labels of two classes none of which is called 1: the last in order counts as positive.

    scikit-learn's ROC AUC and log loss take it so; its F1, precision, recall, Jaccard, average precision and Brier
    score ask for a 1 among the labels, and fail on words.

    Args:
        scoring: By one of scikit-learn's scorers.
        y: Labels, shape ``(n,)``.
    """
    labels = list(np.unique(np.asarray(y)))
    function = getattr(scoring.scorer, "_score_func", None)
    if (
        function is None
        or len(labels) != 2
        or _USUAL_POSITIVE in labels
        or "pos_label" not in signature(function).parameters
    ):
        return scoring
    given = dict(getattr(scoring.scorer, "_kwargs", {}))
    if given.get("average", "binary") not in ("binary", None) or "pos_label" in given:
        return scoring
    scorer = make_scorer(
        function,
        greater_is_better=getattr(scoring.scorer, "_sign", 1) > 0,
        response_method=getattr(scoring.scorer, "_response_method", "predict"),
        **{**given, "pos_label": labels[-1]},
    )
    return replace(scoring, scorer=scorer)


def check_scorer(
    scoring: Scoring,
    y: ArrayLike,
    *,
    classifies: bool,
    has_probabilities: bool,
    search_space: str,
    field: str,
    name: str,
) -> None:
    """Find out before the search whether a scorer has a value for this target and such models.

    Args:
        scoring: By one of scikit-learn's scorers.
        y: Labels of two classes or more, or numbers.
        classifies: Whether they are labels.
        has_probabilities: Whether the models have ``predict_proba``.
        search_space: What the models are called in the error.
        field: The argument that says the scorer.
        name: What it says.

    Raises:
        InvalidInputError: If it needs probabilities that the models don't have, or another target.
    """
    X, target = np.zeros((np.shape(y)[0], 1)), np.asarray(y)
    model = _stand_in(classifies=classifies, has_probabilities=has_probabilities).fit(X, target)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a stand-in that predicts one class only
            scoring.scorer(model, X, target)
    except AttributeError as error:
        raise InvalidInputError(
            f"{name} needs probabilities, and models of {search_space!r} give none",
            field=field,
            value=name,
            limit="a metric of labels or of their ranking, or another search space",
        ) from error
    except (ValueError, TypeError) as error:
        limit = "a metric of all classes, such as accuracy, f1_macro, roc_auc_ovr or balanced_accuracy"
        raise InvalidInputError(
            f"{name} has no value for this target: {error}",
            field=field,
            value=name,
            limit=limit if classifies else "a metric of such numbers, such as r2 or neg_mean_absolute_error",
        ) from error


def _stand_in(*, classifies: bool, has_probabilities: bool) -> DummyClassifier | DummyRegressor:
    if not classifies:
        return DummyRegressor()
    return (DummyClassifier if has_probabilities else _WithoutProbabilities)(strategy="prior")


class _WithoutProbabilities(DummyClassifier):  # type: ignore[misc]  # scikit-learn ships no types
    """Decides, as a support vector machine does, and gives no probabilities."""

    predict_proba = None

    def decision_function(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of shape ``(n,)`` for two classes, else a column for each class."""
        shares = np.asarray(DummyClassifier.predict_proba(self, X), dtype=np.float64)
        return shares[:, 1] if shares.shape[1] == 2 else shares
