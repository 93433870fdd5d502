"""What is predicted, by the estimator or by the target."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_classifier, is_regressor
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from metafeatures.input_columns import arrow_column
from metafeatures.limits import DEFAULT_LIMITS
from metafeatures.row_numbers import ALL_ROWS
from metafeatures.target import Wanted, read_target
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.task import TaskKind

MIN_ROWS = 2


def kind_by_estimator(estimator: object, y: ArrayLike | None) -> TaskKind | None:
    """The kind of task of an estimator of the user's own; None for several targets, no target, other estimators."""
    if y is None or np.ndim(y) != 1:
        return None
    if is_regressor(estimator):
        return TaskKind.REGRESSION
    if not is_classifier(estimator):
        return None
    return {"binary": TaskKind.BINARY, "multiclass": TaskKind.MULTICLASS}.get(type_of_target(y))


def kind_by_target(y: ArrayLike, metric: str | None) -> TaskKind:
    """The kind of task of a target column, by the one rule for all tables (`metafeatures.target`).

    Raises:
        InvalidTableError: If it is no target: one value only, infinite ones, dates.
    """
    values = column_or_1d(y)
    if len(values) < MIN_ROWS:
        raise InvalidTableError(
            f"a table of n_samples = {len(values)} can't be split into folds", field="y", limit=f"{MIN_ROWS} rows"
        )
    if values.dtype.kind in "OUST":
        values = values.astype(object)
        if not all(isinstance(value, (int, float, np.number)) for value in values):
            n_classes = len({value for value in values.tolist() if value is not None})
            return TaskKind.BINARY if n_classes == 2 else TaskKind.MULTICLASS
        values = values.astype(np.float64)
    if values.dtype.kind == "c":
        raise InvalidTableError("Complex data not supported: y", field="y", value=str(values.dtype))
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InvalidTableError("Input y contains NaN or infinity", field="y", limit="finite numbers or classes")
    column = arrow_column(values, "y")
    return read_target(column, "y", Wanted(metric=metric), limits=DEFAULT_LIMITS, rows=ALL_ROWS).kind
