"""What a fitted search does as its best estimator would."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from warmtune.sklearn.builder import checked_kind, shipped_name
from warmtune.sklearn.folds import Scorer, scored
from warmtune.sklearn.results import Results
from warmtune.vocabulary.task import TaskKind

_OF_CLASSIFIERS = {"svm_rbf": "decision_function", "auto": "predict"}
"""What the shipped classifiers can do beside predicting where it isn't probabilities; `auto` may choose any of them."""


def _best_has(name: str) -> "Callable[[BestEstimator], bool]":
    """Whether the best estimator has a method, or before fitting the given one."""

    def check(search: "BestEstimator") -> bool:
        if not search.refit:
            raise AttributeError(
                f"{type(search).__name__} was made with refit=False: {name} is available only after refitting on the "
                "best parameters"
            )
        if hasattr(search, "best_estimator_"):
            getattr(search.best_estimator_, name)
        elif shipped_name(search.estimator) is not None:
            return name == "predict" or name == _of_shipped(search)
        else:
            getattr(search.estimator, name)
        return True

    return check


MethodT = TypeVar("MethodT", bound=Callable[..., ArrayLike])


def _available_if(name: str) -> Callable[[MethodT], MethodT]:
    """scikit-learn's `available_if`, typed."""
    decorate: Callable[[MethodT], MethodT] = available_if(_best_has(name))
    return decorate


def _of_shipped(search: "BestEstimator") -> str | None:
    """The method beside `predict` that every configuration of a shipped search space has; None for regression."""
    if search.kind is None or not checked_kind(search.kind).is_classification:
        return None
    return _OF_CLASSIFIERS.get(shipped_name(search.estimator) or "", "predict_proba")


class BestEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Methods and attributes of the best estimator, where there is one."""

    estimator: object
    kind: TaskKind | str | None
    refit: bool | Callable[[Results], int]
    best_estimator_: BaseEstimator
    scorer_: Scorer

    def score(self, X: object, y: ArrayLike | None = None) -> float:
        """The score of the best estimator on these rows, by the scorer of the search."""
        _best_has("fit")(self)
        check_is_fitted(self)
        return scored(self.scorer_, self.best_estimator_, X, y)

    @_available_if("predict")
    def predict(self, X: object) -> ArrayLike:
        """Predict by the best estimator."""
        return self._by_best("predict", X)

    @_available_if("predict_proba")
    def predict_proba(self, X: object) -> ArrayLike:
        """Probabilities of the classes by the best estimator."""
        return self._by_best("predict_proba", X)

    @_available_if("predict_log_proba")
    def predict_log_proba(self, X: object) -> ArrayLike:
        """Logarithms of the classes' probabilities by the best estimator."""
        return self._by_best("predict_log_proba", X)

    @_available_if("decision_function")
    def decision_function(self, X: object) -> ArrayLike:
        """Decision values of the best estimator."""
        return self._by_best("decision_function", X)

    @_available_if("score_samples")
    def score_samples(self, X: object) -> ArrayLike:
        """Scores of single rows by the best estimator."""
        return self._by_best("score_samples", X)

    @_available_if("transform")
    def transform(self, X: object) -> ArrayLike:
        """Transform by the best estimator."""
        return self._by_best("transform", X)

    @_available_if("inverse_transform")
    def inverse_transform(self, X: object) -> ArrayLike:
        """Transform back by the best estimator."""
        return self._by_best("inverse_transform", X)

    def _by_best(self, method: str, X: object) -> ArrayLike:
        check_is_fitted(self)
        answer: ArrayLike = getattr(self.best_estimator_, method)(X)
        return answer

    @property
    def n_features_in_(self) -> int:
        """Number of features that were learned from; only after fitting with `refit`."""
        try:
            check_is_fitted(self)
        except NotFittedError as error:
            raise AttributeError(f"{type(self).__name__} has no n_features_in_ before it is fitted") from error
        return int(self.best_estimator_.n_features_in_)

    @property
    def classes_(self) -> NDArray[np.generic]:
        """Class labels; only after fitting a classifier with `refit`."""
        _best_has("classes_")(self)
        classes: NDArray[np.generic] = self.best_estimator_.classes_
        return classes

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` came to its end."""
        return hasattr(self, "cv_results_") and (not self.refit or hasattr(self, "best_estimator_"))
