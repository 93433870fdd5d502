"""Checks of what `NeuralTaskModel` is fitted on, beyond scikit-learn's own or in terms of the caller's columns."""

import math
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from maml.algorithms.learner import check_range
from maml.task_models.columns import is_numeric, numbers_of
from maml.task_models.encoder import check_magnitude
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError

_TIMES: Final = ("date", "time", "period")  # what pandas calls times and durations begins with these


def check_frame(X: pd.DataFrame) -> None:
    """Refuse what scikit-learn refuses in an array, or would only say in terms of its own parts.

    Raises:
        InvalidInputError: On two columns of one name, or an infinite number.
    """
    twice = X.columns[X.columns.duplicated()]
    if len(twice):
        raise InvalidInputError("two columns have the same name", field="X", value=twice[0], limit="unique names")
    for name, column in X.items():
        if pd.api.types.is_complex_dtype(column.dtype):
            raise InvalidInputError("a column is complex", field=f"X.{name}", value="complex", limit="real numbers")
        if _has_infinite(column):
            raise InvalidInputError(
                "a number is infinite; leave the cell empty if its value isn't known",
                field=f"X.{name}",
                value="infinity",
                limit="finite numbers and NaN",
            )


def _has_infinite(column: "pd.Series[Any]") -> bool:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return bool(np.isinf(column.to_numpy(dtype=np.float64, na_value=np.nan)).any())
    if column.dtype != object:
        return False
    return any(isinstance(cell, float | Decimal) and math.isinf(cell) for cell in column)


def seed_of(random_state: int | np.random.RandomState | None) -> int:
    """A seed from scikit-learn's three ways of giving one.

    Raises:
        InvalidInputError: If it is something else.
    """
    if random_state is None or isinstance(random_state, np.random.RandomState):
        return int(check_random_state(random_state).randint(2**31))
    check_range("random_state", random_state, low=0, high=2**32 - 1, whole=True)
    return int(random_state)


def plain_target(target: NDArray[np.generic]) -> NDArray[np.generic]:
    """Objects as what they are: numbers, booleans or texts.

    Raises:
        InvalidInputError: If a label is missing, they are of several kinds, or a number is larger than any float.
    """
    objects = pd.Series(target, dtype=object) if target.dtype == object else None
    if target.dtype.kind in "mM" or (objects is not None and pd.api.types.infer_dtype(objects).startswith(_TIMES)):
        raise InvalidInputError("times can't be targets", field="y", value=target[:1], limit="seconds, as numbers")
    if objects is None:
        return target
    missing = np.flatnonzero(pd.isna(target))
    if len(missing):
        raise InvalidInputError(
            "a label is missing", field=f"y.{missing[0]}", value=None, limit="a label for every row"
        )
    kind = pd.api.types.infer_dtype(target)
    if kind != "boolean" and is_numeric(objects):
        check_magnitude(numbers_of(objects), field="y")
        fits = kind == "integer" and all(abs(label) < 2**63 for label in target)
        return target.astype(np.int64 if fits else np.float64)
    if kind.startswith("mixed"):
        raise InvalidInputError(
            "labels are of several kinds", field="y", value=kind, limit="numbers, texts or booleans"
        )
    return target.astype(np.bool_) if kind == "boolean" else target


def check_classes(target: NDArray[np.generic]) -> None:
    """As scikit-learn's ``check_classification_targets``, which takes whole numbers from 2**63 on for fractions.

    Raises:
        ValueError: On numbers with a fraction, NaN or an infinity, in scikit-learn's words.
    """
    if np.issubdtype(target.dtype, np.floating) and np.any(finite_target(target) % 1):
        raise ValueError("Unknown label type: continuous. Numbers with a fraction can't be classes.")


def finite_target(target: NDArray[np.generic]) -> FloatArray:
    """A numeric target of shape ``(n,)``.

    Raises:
        ValueError: On NaN or an infinity, in scikit-learn's words.
    """
    numbers = np.asarray(target, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("Input y contains NaN or infinity.")
    return numbers
