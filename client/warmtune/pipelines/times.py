"""Moments, times of day and durations as seconds, whatever they are stored as."""

import datetime
import re
from collections.abc import Hashable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types as pt

_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?", re.ASCII
)
_TIME_OF_DAY = re.compile(r"\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?", re.ASCII)
_FIRST_DAY = datetime.date(1970, 1, 1).toordinal()
_DAY_S = 86_400


def is_temporal(column: pd.Series) -> bool:
    """Whether the type of a column says that it holds times."""
    kind = column.dtype
    return bool(
        pt.is_datetime64_any_dtype(kind)
        or pt.is_timedelta64_dtype(kind)
        or isinstance(kind, pd.PeriodDtype)
        or (isinstance(kind, pd.ArrowDtype) and str(kind).startswith(("date", "time", "duration")))
    )


def seconds(column: pd.Series) -> NDArray[np.float64]:
    """A column in seconds: of moments since 1970 (without a zone in UTC), of times of day since midnight, of durations.

    NaN where a cell is a gap, or no time.
    """
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "mM":
        ticks = column.to_numpy().astype(f"{column.dtype.kind}8[us]")  # years of any calendar fit
        return np.where(np.isnat(ticks), np.nan, ticks.astype(np.int64) / 1e6)
    known: dict[Hashable, float] = {}
    found = np.full(len(column), np.nan)
    cells = column.astype(object).to_numpy()
    for i in np.flatnonzero(column.notna().to_numpy()):
        cell = cells[i]
        if cell not in known:
            known[cell] = _seconds_of(cell)
        found[i] = known[cell]
    return found


def _seconds_of(cell: object) -> float:
    if isinstance(cell, str):
        return _seconds_of_text(cell.strip())
    if isinstance(cell, datetime.datetime):
        zoned = cell if cell.tzinfo is not None else cell.replace(tzinfo=datetime.UTC)
        return (zoned - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)).total_seconds()
    if isinstance(cell, datetime.date):
        return float((cell.toordinal() - _FIRST_DAY) * _DAY_S)
    if isinstance(cell, datetime.time):
        return cell.hour * 3_600.0 + cell.minute * 60 + cell.second + cell.microsecond / 1e6
    return cell.total_seconds() if isinstance(cell, datetime.timedelta) else float("nan")


def _seconds_of_text(text: str) -> float:
    plain = re.sub(r"\s(?=[Z+-])", "", text.replace(",", "."))
    try:
        if _MOMENT.fullmatch(text):
            return _seconds_of(datetime.datetime.fromisoformat(plain))
        if _TIME_OF_DAY.fullmatch(text):
            return _seconds_of(datetime.time.fromisoformat(plain))
    except ValueError:  # the 30th of February
        return float("nan")
    return float("nan")
