"""Nearest neighbours of scikit-learn."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline

from warmtune.pipelines.columns import Values, as_numbers
from warmtune.vocabulary.task import TaskKind


class CappedNeighborsClassifier(KNeighborsClassifier):  # type: ignore[misc]  # scikit-learn ships no types
    """At most as many neighbours as there are rows."""

    def fit(self, X: NDArray[np.float64], y: NDArray[np.int64]) -> "CappedNeighborsClassifier":
        """Fit on `X` of shape ``(n, p)``."""
        self.set_params(n_neighbors=min(self.get_params()["n_neighbors"], len(X)))
        super().fit(X, y)
        return self


class CappedNeighborsRegressor(KNeighborsRegressor):  # type: ignore[misc]  # scikit-learn ships no types
    """At most as many neighbours as there are rows."""

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> "CappedNeighborsRegressor":
        """Fit on `X` of shape ``(n, p)``."""
        self.set_params(n_neighbors=min(self.get_params()["n_neighbors"], len(X)))
        super().fit(X, y)
        return self


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid, and nothing here is random."""
    del seed
    prepare = as_numbers(X, scaler=str(values.pop("scaler")))
    model = CappedNeighborsClassifier if kind.is_classification else CappedNeighborsRegressor
    return Pipeline([("prepare", prepare), ("model", model(**values, n_jobs=1))])
