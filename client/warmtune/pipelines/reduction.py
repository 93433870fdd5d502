"""Fewer columns: a share of what there is, since the number of columns is only known when fitting."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone


class Reducer(Protocol):
    """What scikit-learn's reducers can do."""

    def set_params(self, **params: object) -> "Reducer":
        """Change parameters."""

    def set_output(self, *, transform: str) -> "Reducer":
        """Change the container of what `transform` gives."""

    def fit(self, X: NDArray[np.float64], y: object) -> "Reducer":
        """Learn from `X`."""

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Reduce `X`."""


class Share(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A reducer that keeps a share of the columns, at least one, and no more than there are rows.

    Args:
        reducer: Of scikit-learn.
        parameter: Its parameter for the number that is kept.
        share: In (0, 1].
    """

    def __init__(self, reducer: Reducer, parameter: str, share: float) -> None:
        self.reducer = reducer
        self.parameter = parameter
        self.share = share

    def fit(self, X: NDArray[np.float64], y: object = None) -> "Share":
        """Learn from `X` of shape ``(n, p)``."""
        n_kept = max(1, min(round(self.share * X.shape[1]), *X.shape))
        reducer = clone(self.reducer).set_params(**{self.parameter: n_kept})
        self.fitted_: Reducer = reducer.set_output(transform="default").fit(X, y)
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape ``(n, kept)``."""
        return self.fitted_.transform(X)
