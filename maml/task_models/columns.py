"""A table's column as what its cells are, whatever its type says: numbers (times among them), or texts."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api import types

from warmtune.vocabulary.arrays import FloatArray

_SECONDS: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""The units of pandas."""
_NUMBER: Final = (Real, Decimal, np.bool_)
_MOMENT: Final = (date, np.datetime64, pd.Period)
_DURATION: Final = (timedelta, np.timedelta64)
_BEYOND: Final = 1.7e308
"""What an integer counts as that no float can hold."""


def is_numeric(column: "pd.Series[Any]") -> bool:
    """Whether all cells that there are are numbers, booleans, times or durations; texts and categories aren't.

    Objects and the types of Arrow are asked for their cells, which all are of one of these; columns without any are
    not numeric.
    """
    if types.is_numeric_dtype(column.dtype) or _is_time(column):
        return True
    if _holds_texts(column):
        return False
    known = [cell for cell in column.astype(object) if not _is_missing(cell)]
    return bool(known) and any(all(isinstance(cell, kind) for cell in known) for kind in (_NUMBER, _MOMENT, _DURATION))


def numbers_of(column: "pd.Series[Any]") -> FloatArray:
    """Shape ``(n,)``: floats, seconds since 1970 and of durations; NaN for what is no finite number.

    Each cell by itself, and times whatever their unit: the rows that are asked may be held by another type than those
    that were learned from.
    """
    if types.is_complex_dtype(column.dtype):
        values = np.full(len(column), np.nan)
    elif types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    elif _is_time(column):
        values = _seconds(column)
    else:
        values = np.fromiter((_number(cell) for cell in column.astype(object)), dtype=np.float64, count=len(column))
    return np.where(np.isfinite(values), values, np.nan)


def texts_of(column: "pd.Series[Any]") -> "pd.Series[str]":
    """The cells as texts, None where there is none; 1 and 1.0 are one level."""
    objects = column.astype(object).where(column.notna(), None)
    return objects.map(lambda cell: None if cell is None else _text(cell))


def _holds_texts(column: "pd.Series[Any]") -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    return bool(types.is_string_dtype(column.dtype) and not types.is_object_dtype(column.dtype))


def _is_missing(cell: object) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell))


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


def _number(cell: Any) -> float:
    if _is_missing(cell):
        return np.nan
    if isinstance(cell, _MOMENT):
        return _moment(cell)
    if isinstance(cell, _DURATION):
        return pd.Timedelta(cell).total_seconds()
    try:
        return float(cell)
    except OverflowError:
        return _BEYOND if cell > 0 else -_BEYOND
    except (TypeError, ValueError):  # what is no number
        return np.nan


def _moment(cell: Any) -> float:
    if isinstance(cell, pd.Period):
        cell = cell.start_time
    if isinstance(cell, datetime) and cell.tzinfo is not None:
        try:
            cell = cell.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:  # within a day of the first or the last date there is
            cell = cell.replace(tzinfo=None)
    moment = np.datetime64(cell, "us")
    return np.nan if np.isnat(moment) else float(moment.astype(np.int64)) / 1e6


def _text(cell: object) -> str:
    whole = isinstance(cell, float | np.floating) and float(cell).is_integer()
    return str(int(cell)) if whole else str(cell)  # type: ignore[call-overload]  # a float there
