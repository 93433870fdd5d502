"""What is predicted, by the estimator or by the target."""

from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier, is_regressor
from sklearn.utils.multiclass import type_of_target

from metafeatures.input_columns import arrow_column
from metafeatures.limits import DEFAULT_LIMITS
from metafeatures.row_numbers import ALL_ROWS
from metafeatures.target import RequestedKind, read_target
from warmtune.sklearn.plain_numbers import finite_numbers, plain_numbers
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.task import TaskKind

MIN_ROWS = 2


def checked_target(y: NDArray[np.generic]) -> NDArray[np.generic]:
    """A target of shape ``(n,)`` without gaps, in a type that scikit-learn takes: objects that are numbers become such.

    Raises:
        InvalidTableError: If a value is missing, infinite or complex, or neither a number nor a string.
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
    return _plain(y)


def numeric_target(y: NDArray[np.generic]) -> NDArray[np.generic]:
    """A checked target for regression: strings that are numbers become such.

    Raises:
        InvalidTableError: If one is no number, naming the first.
    """
    if y.dtype.kind not in "OUT":
        return y
    remedy = "leave those rows out, or pass kind='classification'"
    return finite_numbers(y, field="y", error=InvalidTableError, remedy=remedy)


def _plain(y: NDArray[np.generic]) -> NDArray[np.generic]:
    """Truth values, integers, other numbers or strings, by what an array of objects holds."""
    if y.dtype.kind in "mMSV":
        raise _refused(y[0])
    if y.dtype.kind != "O":
        return y
    values = y.tolist()
    is_text = [isinstance(value, str) for value in values]
    if all(is_text):
        return y
    for text, value in zip(is_text, values, strict=True):
        if not text and not isinstance(value, (Real, Decimal, np.bool_)):
            raise _refused(value)
    if any(is_text):
        raise InvalidTableError(
            "y holds strings and other values: pass y.astype(str) for classes", field="y", limit="values of one type"
        )
    if all(isinstance(value, (bool, np.bool_)) for value in values):
        return np.array(values, dtype=np.bool_)
    if all(isinstance(value, (int, np.integer)) and abs(int(value)) < 2**63 for value in values):
        return np.array(values, dtype=np.int64)
    return checked_target(plain_numbers(y))  # a decimal may be infinite


def _refused(value: object) -> InvalidTableError:
    return InvalidTableError(
        f"y holds {with_article(type(value).__name__)}, which is neither a number nor a string: pass y.astype(str) for "
        "classes, y.dt.total_seconds() for durations, and of dates the number that is to be predicted",
        field="y",
        value=str(value),
        limit="numbers or strings",
    )


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
