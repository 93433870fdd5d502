"""What stands before the models: nominal columns and gaps as each kind of model takes them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, QuantileTransformer, StandardScaler

from warmtune.vocabulary.distributions import ParameterValue

Values = dict[str, ParameterValue]

MAX_ONE_HOT = 20
"""Models of distances and sums see a nominal column's most frequent categories, this many of them."""
SKEWED = 0.99
"""Columns are called skewed above this absolute skewness."""
MISSING = "missing"


def nominal_columns(X: pd.DataFrame) -> list[str]:
    """Names of the columns that are neither numbers nor booleans."""
    return [
        str(c)
        for c in X.columns
        if not (pd.api.types.is_numeric_dtype(X[c].dtype) or pd.api.types.is_bool_dtype(X[c].dtype))
    ]


def as_codes(X: pd.DataFrame, *, max_categories: int | None = None) -> "ColumnTransformer | Categories":
    """Nominal columns first, as codes; missing and unseen categories are NaN, which trees split on."""
    nominal = nominal_columns(X)
    if not nominal:
        return Categories(nominal)
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=max_categories,
    )
    return ColumnTransformer([("nominal", codes, nominal)], remainder="passthrough")


def as_numbers(X: pd.DataFrame, *, impute: str = "median", scaler: str = "standard") -> "ColumnTransformer | Pipeline":
    """Numbers filled and scaled; nominal columns one-hot with a category for missing, before them.

    Args:
        X: The columns.
        impute: "median", "mean" or "most_frequent".
        scaler: "standard" (zero mean, unit variance), "quantile" (every column made normal), "skewed" (only the
            skewed ones made normal, the others standard) or "none".
    """
    scalers = {
        "standard": StandardScaler,
        "quantile": _NormalQuantiles,
        "skewed": SkewedToNormal,
    }
    steps = [SimpleImputer(strategy=impute, keep_empty_features=True)]
    if scaler != "none":
        steps.append(scalers[scaler]())
    nominal = nominal_columns(X)
    if not nominal:
        return make_pipeline(Categories(nominal), *steps)
    return ColumnTransformer(
        [
            ("nominal", _one_hot(), nominal),
            ("numeric", make_pipeline(*steps), [c for c in X.columns if c not in nominal]),
        ]
    )


def as_one_hot(X: pd.DataFrame) -> "ColumnTransformer | Categories":
    """Nominal columns one-hot with a category for missing, before the numbers, which stay as they are."""
    nominal = nominal_columns(X)
    if not nominal:
        return Categories(nominal)
    return ColumnTransformer([("nominal", _one_hot(), nominal)], remainder="passthrough")


def standard_target() -> StandardScaler:
    """A numeric target with zero mean and unit variance; an array, whatever output scikit-learn is set to give."""
    return StandardScaler().set_output(transform="default")


def _one_hot() -> Pipeline:
    return make_pipeline(
        SimpleImputer(strategy="constant", fill_value=MISSING, keep_empty_features=True),
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_ONE_HOT, sparse_output=False),
    )


class Categories(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # no types
    """Nominal columns as pandas categories for libraries that read them; unseen ones are missing.

    Args:
        nominal: Their names.
        filler: None to leave gaps; else the category that stands for them.
    """

    def __init__(self, nominal: list[str], filler: str | None = None) -> None:
        self.nominal = nominal
        self.filler = filler

    def fit(self, X: pd.DataFrame, y: object = None) -> "Categories":
        """Learn the categories of `X`."""
        del y
        found = {name: sorted(X[name].dropna().astype(str).unique()) for name in self.nominal}
        self.categories_ = {name: known or [MISSING] for name, known in found.items()}  # XGBoost fails on none
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame | NDArray[np.float64]:
        """The same columns, the nominal ones as categories; an array where none is nominal, which is read faster."""
        if not self.categories_:
            return X.to_numpy(dtype=np.float64)
        X = X.copy()
        for name, known in self.categories_.items():
            code = {category: i for i, category in enumerate(known)}
            pairs = zip(X[name], X[name].notna(), strict=True)
            codes = np.array([code.get(str(value), -1) if is_there else -1 for value, is_there in pairs], dtype=np.intp)
            column = pd.Series(pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(known)), X.index)
            if self.filler is not None:
                column = column.astype(object).where(column.notna(), self.filler)
            X[name] = column
        return X


class SkewedToNormal(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # no types
    """Skewed columns become normal by their quantiles, the others standard."""

    def fit(self, X: NDArray[np.float64], y: object = None) -> "SkewedToNormal":
        """Learn which columns of `X` of shape ``(n, p)`` are skewed, and both transformations."""
        del y
        centred = X - X.mean(axis=0)
        deviation = centred.std(axis=0)
        safe = np.where(deviation > 0, deviation, 1.0)
        self.skewed_ = np.abs(((centred / safe) ** 3).mean(axis=0)) > SKEWED
        self.n_features_in_ = X.shape[1]
        self.standard_ = StandardScaler().set_output(transform="default").fit(X)
        plain = _NormalQuantiles().set_output(transform="default")
        self.quantiles_ = plain.fit(X[:, self.skewed_]) if self.skewed_.any() else None
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape ``(n, p)``."""
        result: NDArray[np.float64] = self.standard_.transform(X)
        if self.quantiles_ is not None:
            result[:, self.skewed_] = self.quantiles_.transform(X[:, self.skewed_])
        return result


class _NormalQuantiles(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # no types
    """scikit-learn's `QuantileTransformer` to a normal distribution, with as many quantiles as there are rows."""

    def fit(self, X: NDArray[np.float64], y: object = None) -> "_NormalQuantiles":
        """Learn the quantiles of `X` of shape ``(n, p)``."""
        del y
        self.n_features_in_ = X.shape[1]
        quantiles = min(len(X), 1_000)
        inner = QuantileTransformer(n_quantiles=quantiles, output_distribution="normal", random_state=0)
        self.inner_ = inner.set_output(transform="default").fit(X)
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape ``(n, p)``."""
        result: NDArray[np.float64] = self.inner_.transform(X)
        return result
