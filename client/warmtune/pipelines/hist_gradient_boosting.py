"""Histogram gradient boosting of scikit-learn."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline

from warmtune.pipelines.columns import Values, as_codes, nominal_columns
from warmtune.vocabulary.task import TaskKind

MAX_CATEGORIES = 255
"""The library's own limit."""


def build(values: Values, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """See `warmtune.pipelines.build_pipeline`; `values` are valid."""
    booster = HistGradientBoostingClassifier if kind.is_classification else HistGradientBoostingRegressor
    n_nominal = len(nominal_columns(X))
    nominal = np.arange(X.shape[1]) < n_nominal  # `as_codes` puts the nominal columns first
    model = booster(**values, categorical_features=nominal if n_nominal else None, random_state=seed)
    return Pipeline([("prepare", as_codes(X, max_categories=MAX_CATEGORIES)), ("model", model)])
