"""What is predicted, by the estimator or by the target."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier, is_regressor
from sklearn.utils.multiclass import type_of_target

from metafeatures.input_columns import arrow_column
from metafeatures.limits import DEFAULT_LIMITS
from metafeatures.row_numbers import ALL_ROWS
from metafeatures.target import RequestedKind, read_target
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.task import TaskKind

MIN_ROWS = 2


def checked_target(y: NDArray[np.generic]) -> NDArray[np.generic]:
    """A target of shape ``(n,)`` without gaps.

    Raises:
        InvalidTableError: If a value is missing, or infinite, or complex.
    """
    if y.dtype.kind == "c":
        raise InvalidTableError("Complex data not supported: y", field="y", value=str(y.dtype))
    is_missing = np.asarray(pd.isna(y)) | (np.isinf(y) if y.dtype.kind == "f" else False)
    if is_missing.any():
        raise InvalidTableError(
            f"Input y contains NaN, infinity or another missing value in {is_missing.sum()} rows, first in row "
            f"{int(is_missing.argmax())} (from 0): leave those rows out",
            field="y",
            value=y[is_missing.argmax()],
        )
    return y


def kind_by_estimator(estimator: object, y: ArrayLike | None) -> TaskKind | None:
    """The kind of task of an estimator of the user's own; None for several targets, no target, other estimators."""
    if y is None or np.ndim(y) != 1:
        return None
    if is_regressor(estimator):
        return TaskKind.REGRESSION
    if not is_classifier(estimator):
        return None
    return {"binary": TaskKind.BINARY, "multiclass": TaskKind.MULTICLASS}.get(type_of_target(y))


def kind_by_target(values: NDArray[np.generic], metric: str | None) -> TaskKind:
    """The kind of task of a checked target, by the one rule for all tables (`metafeatures.target`).

    Raises:
        InvalidTableError: If it is no target: one value only, dates.
    """
    if len(values) < MIN_ROWS:
        raise InvalidTableError(
            f"a table of n_samples = {len(values)} can't be split into folds", field="y", limit=f"{MIN_ROWS} rows"
        )
    if values.dtype.kind in "OUST":
        values = values.astype(object)
        if not all(isinstance(value, (int, float, np.number)) for value in values):
            return TaskKind.of_classes(len(set(values.tolist())))
        values = values.astype(np.float64)
    column = arrow_column(values, "y")
    return read_target(column, "y", RequestedKind(metric=metric), limits=DEFAULT_LIMITS, rows=ALL_ROWS).kind
