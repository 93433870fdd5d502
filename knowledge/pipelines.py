"""From a configuration of a shipped search space to a scikit-learn pipeline that is ready to be fitted."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, SVR

from knowledge.catalogue import find_entry
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import TaskKind

MAX_ONE_HOT = 20
"""Kernels and networks see a nominal column's most frequent categories, this many of them."""
MAX_NATIVE_CATEGORIES = 255
"""Histogram gradient boosting's own limit."""

Values = dict[str, ParameterValue]


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


def build_pipeline(name: str, configuration: Configuration, X: pd.DataFrame, *, kind: TaskKind, seed: int) -> Pipeline:
    """A pipeline for tables with the columns of `X`.

    Args:
        name: A shipped search space.
        configuration: Valid in it.
        X: Features, at least one; columns of category, string or object dtype are nominal; values may be missing.
        kind: What is predicted.
        seed: Of everything random in it.

    Raises:
        NotFoundError: No such search space for this kind.
        InvalidConfigurationError: A configuration that the space refuses.
    """
    values = dict(find_entry(name, kind).space.validate(configuration))
    builders = {
        "random_forest": _random_forest,
        "hist_gradient_boosting": _hist_gradient_boosting,
        "svm_rbf": _svm_rbf,
        "mlp": _mlp,
    }
    return builders[name](values, X, kind, seed)


def nominal_columns(X: pd.DataFrame) -> list[str]:
    """Names of the columns that are neither numbers nor booleans."""
    return [
        str(c)
        for c in X.columns
        if not (pd.api.types.is_numeric_dtype(X[c].dtype) or pd.api.types.is_bool_dtype(X[c].dtype))
    ]


def _random_forest(values: Values, X: pd.DataFrame, kind: TaskKind, seed: int) -> Pipeline:
    exponent = float(values.pop("max_features_exponent"))  # type: ignore[arg-type]  # validated: a float
    forest = RandomForestClassifier if kind.is_classification else RandomForestRegressor
    model = forest(**values, max_features=max(1, round(X.shape[1] ** exponent)), random_state=seed, n_jobs=1)
    return Pipeline([("prepare", _ordinal(X, max_categories=None)), ("model", model)])


def _hist_gradient_boosting(values: Values, X: pd.DataFrame, kind: TaskKind, seed: int) -> Pipeline:
    booster = HistGradientBoostingClassifier if kind.is_classification else HistGradientBoostingRegressor
    n_nominal = len(nominal_columns(X))
    nominal = np.arange(X.shape[1]) < n_nominal  # `_ordinal` puts the nominal columns first
    model = booster(**values, categorical_features=nominal if n_nominal else None, random_state=seed)
    return Pipeline([("prepare", _ordinal(X, max_categories=MAX_NATIVE_CATEGORIES)), ("model", model)])


def _svm_rbf(values: Values, X: pd.DataFrame, kind: TaskKind, seed: int) -> Pipeline:
    gamma = values.pop("gamma_scale")
    if kind.is_classification:
        model = SVC(**values, gamma=gamma, random_state=seed, cache_size=100)
    else:
        model = TransformedTargetRegressor(SVR(**values, gamma=gamma, cache_size=100), transformer=StandardScaler())
    return Pipeline([("prepare", _standardised(X)), ("scale", UnitScale()), ("model", model)])


def _mlp(values: Values, X: pd.DataFrame, kind: TaskKind, seed: int) -> Pipeline:
    layers = (values.pop("width"),) * int(values.pop("n_layers"))  # type: ignore[arg-type]  # validated: an int
    network = MLPClassifier if kind.is_classification else MLPRegressor
    model = network(**values, hidden_layer_sizes=layers, random_state=seed)
    if kind is TaskKind.REGRESSION:
        model = TransformedTargetRegressor(model, transformer=StandardScaler())
    return Pipeline([("prepare", _standardised(X)), ("model", model)])


def _ordinal(X: pd.DataFrame, *, max_categories: int | None) -> ColumnTransformer:
    """Nominal columns first, as codes; missing and unseen categories are NaN, which trees split on."""
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=max_categories,
    )
    nominal = nominal_columns(X)
    return ColumnTransformer([("nominal", codes, nominal)], remainder="passthrough")


def _standardised(X: pd.DataFrame) -> ColumnTransformer:
    """Numbers: median, then zero mean and unit variance. Nominal: one-hot with a category for missing."""
    nominal = nominal_columns(X)
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    one_hot = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing", keep_empty_features=True),
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_ONE_HOT, sparse_output=False),
    )
    return ColumnTransformer(
        [("nominal", one_hot, nominal), ("numeric", numbers, [c for c in X.columns if c not in nominal])]
    )
