"""A table's column as what its cells are, whatever its type says: numbers (times among them), or texts."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

FloatArray = NDArray[np.float64]

_NUMBERS: Final = frozenset({"integer", "floating", "mixed-integer-float", "decimal", "boolean"})
_MOMENTS: Final = frozenset({"datetime64", "datetime", "date"})
_DURATIONS: Final = frozenset({"timedelta64", "timedelta"})
_SECONDS: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""The units of pandas."""
_BEYOND: Final = 1.7e308
"""What an integer counts as that no float can hold."""


def is_numeric(column: "pd.Series[Any]") -> bool:
    """Whether all cells that there are are numbers, booleans, times or durations; texts and categories aren't.

    Objects and the types of Arrow are asked for their cells; columns without any are not numeric.
    """
    if types.is_numeric_dtype(column.dtype) or _is_time(column):
        return True
    return _kind_of_objects(column) in _NUMBERS | _MOMENTS | _DURATIONS


def numbers_of(column: "pd.Series[Any]") -> FloatArray:
    """Shape ``(n,)``: floats, seconds since 1970 and of durations; NaN for what is no finite number.

    Whatever the unit of times: it may differ between the rows to learn from and those that are asked.
    """
    if types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    elif _is_time(column):
        values = _seconds(column)
    else:
        objects = column.astype(object)
        kind = _kind_of_objects(column)
        read = _moment if kind in _MOMENTS else _duration if kind in _DURATIONS else _number
        values = np.fromiter((_or_gap(read, cell) for cell in objects), dtype=np.float64, count=len(objects))
    return np.where(np.isfinite(values), values, np.nan)


def texts_of(column: "pd.Series[Any]") -> "pd.Series[str]":
    """The cells as texts, None where there is none; 1 and 1.0 are one level."""
    objects = column.astype(object).where(column.notna(), None)
    return objects.map(lambda cell: None if cell is None else _text(cell))


def _kind_of_objects(column: "pd.Series[Any]") -> str:
    if isinstance(column.dtype, pd.CategoricalDtype) or (
        types.is_string_dtype(column.dtype) and not types.is_object_dtype(column.dtype)
    ):
        return "text"
    return types.infer_dtype(column.astype(object), skipna=True)


def _is_time(column: "pd.Series[Any]") -> bool:
    """Of numpy's own times, with or without a zone."""
    dtype = column.dtype
    return isinstance(dtype, pd.DatetimeTZDtype) or (isinstance(dtype, np.dtype) and dtype.kind in "mM")


def _seconds(column: "pd.Series[Any]") -> FloatArray:
    """By the unit's own factor, since far dates have no nanoseconds."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert(None)
    values = column.to_numpy()
    unit, count = np.datetime_data(values.dtype)
    factor = count * _SECONDS[unit]
    return np.where(np.isnat(values), np.nan, values.astype(np.int64) * factor)


def _or_gap(read: Callable[[Any], float], cell: object) -> float:
    try:
        return read(cell)
    except (TypeError, ValueError):  # None, NaT and what isn't of the column's kind
        return np.nan


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:
        return _BEYOND if cell > 0 else -_BEYOND


def _moment(cell: Any) -> float:
    if not isinstance(cell, date | np.datetime64) or pd.isna(cell):
        return np.nan
    naive: Any = cell
    if isinstance(cell, datetime) and cell.tzinfo is not None:
        naive = cell.astimezone(UTC).replace(tzinfo=None)
    return float(np.datetime64(naive, "us").astype(np.int64)) / 1e6


def _duration(cell: Any) -> float:
    if not isinstance(cell, timedelta | np.timedelta64) or pd.isna(cell):
        return np.nan
    seconds: Any = pd.Timedelta(cell).total_seconds()
    return float(seconds)


def _text(cell: object) -> str:
    whole = isinstance(cell, float | np.floating) and float(cell).is_integer()
    return str(int(cell)) if whole else str(cell)  # type: ignore[call-overload]  # a float there
