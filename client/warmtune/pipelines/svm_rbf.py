"""Support vector machines with a Gaussian kernel."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC, SVR

from warmtune.pipelines.columns import Values, as_numbers, standard_target
from warmtune.vocabulary.task import TaskKind


class UnitScale(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Divides by ``sqrt(n_columns * variance)``, so that scikit-learn's ``gamma="scale"`` becomes 1."""

    def fit(self, X: NDArray[np.float64], y: object = None) -> "UnitScale":
        """Learn the scale from `X` of shape ``(n, p)``."""
        del y
        self.scale_ = math.sqrt(X.shape[1] * float(X.var())) or 1.0
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape ``(n, p)``."""
        return X / self.scale_


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    gamma = values.pop("gamma_scale")
    if kind.is_classification:
        model = SVC(**values, gamma=gamma, random_state=seed, cache_size=100)
    else:
        model = TransformedTargetRegressor(SVR(**values, gamma=gamma, cache_size=100), transformer=standard_target())
    return Pipeline([("prepare", as_numbers(X)), ("scale", UnitScale()), ("model", model)])
