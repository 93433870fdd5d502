"""Linear models of scikit-learn."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

from warmtune.pipelines.columns import Values, as_numbers, standard_target
from warmtune.vocabulary.task import TaskKind

MAX_ITER = 200
TOLERANCE = 1e-3
"""Of the l1 solvers, which are far slower than lbfgs to the last digits."""


class ElasticNetPerTable(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """The elastic net with its `alpha` in ridge's unit: scikit-learn's own is divided by the number of rows.

    Args:
        alpha: The penalty beside the sum of squares, as `sklearn.linear_model.Ridge` has it.
        l1_ratio: Share of the absolute values in it.
    """

    def __init__(self, alpha: float = 1.0, l1_ratio: float = 0.5) -> None:
        self.alpha = alpha
        self.l1_ratio = l1_ratio

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> "ElasticNetPerTable":
        """Fit on `X` of shape ``(n, p)``."""
        self.inner_ = ElasticNet(alpha=self.alpha / len(X), l1_ratio=self.l1_ratio, max_iter=MAX_ITER, tol=TOLERANCE)
        self.inner_.fit(X, y)
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape ``(n,)``."""
        result: NDArray[np.float64] = self.inner_.predict(X)
        return result


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    scaler = "skewed" if values.pop("transform_skewed") else "standard"
    prepare = as_numbers(X, impute=str(values.pop("impute")), scaler=scaler)
    penalty = values.pop("penalty")
    if kind.is_classification:
        model = (
            LogisticRegression(**values, max_iter=MAX_ITER)
            if penalty == "l2"
            else LogisticRegression(
                **values, l1_ratio=1.0, solver="saga", tol=TOLERANCE, max_iter=MAX_ITER, random_state=seed
            )
        )
    elif penalty == "l2":
        model = TransformedTargetRegressor(Ridge(**values), transformer=standard_target())
    else:
        model = TransformedTargetRegressor(ElasticNetPerTable(**values), transformer=standard_target())  # type: ignore[arg-type]  # validated: floats
    return Pipeline([("prepare", prepare), ("model", model)])
