"""Class labels of any type for libraries that take the codes 0, 1, ... only, or answer in another shape."""

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone


class ProbabilisticClassifier(Protocol):
    """What scikit-learn's classifiers can do."""

    def fit(self, X: object, y: object, **params: object) -> "ProbabilisticClassifier":
        """Learn from `X`."""

    def predict_proba(self, X: object) -> ArrayLike:
        """Probabilities of the classes."""

    def predict(self, X: object) -> ArrayLike:
        """Classes."""


class Labelled(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A classifier that learns codes and answers in the labels that it was given.

    Args:
        classifier: Of a library with scikit-learn's interface.
    """

    def __init__(self, classifier: ProbabilisticClassifier) -> None:
        self.classifier = classifier

    def fit(self, X: object, y: ArrayLike, sample_weight: ArrayLike | None = None) -> "Labelled":
        """Fit on `X` of shape ``(n, p)`` and labels of shape ``(n,)``."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.classifier_: ProbabilisticClassifier = clone(self.classifier).fit(X, codes, **weights)
        return self

    def predict(self, X: object) -> NDArray[np.generic]:
        """Labels of shape ``(n,)``."""
        codes = np.asarray(self.classifier_.predict(X)).ravel().astype(np.intp)
        labels: NDArray[np.generic] = self.classes_[codes]
        return labels

    def predict_proba(self, X: object) -> NDArray[np.float64]:
        """Shape ``(n, n_classes)``, in the order of `classes_`."""
        return np.asarray(self.classifier_.predict_proba(X), dtype=np.float64)


def weighing_any_labels(forest: ProbabilisticClassifier, class_weight: object) -> ProbabilisticClassifier | Labelled:
    """A forest of scikit-learn that weighs classes, made to find them whatever their labels are.

    scikit-learn 1.9 looks for the weight of the label "1" under the number 1, and finds none.
    """
    return forest if class_weight is None else Labelled(forest)
