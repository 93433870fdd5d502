"""Dates of spreadsheets that lost their format in some cells: numbers, the days since 30 December 1899."""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import types as pt

from metafeatures.cells.numbers import ParsedNumbers
from metafeatures.cells.times import ParsedTimes

_FIRST: Final = 10_000  # days: 1927
_LAST: Final = 80_000  # 2119
_TO_1970: Final = 25_569
_DAY_US: Final = 86_400 * 10**6


def with_serials(times: ParsedTimes, numbers: ParsedNumbers | None, weights: npt.NDArray[np.int64]) -> ParsedTimes:
    """Labels read as moments, those among them that are such numbers too.

    Args:
        times: What labels read as dates are.
        numbers: The labels read as numbers.
        weights: Shape ``(n_labels,)``: how many cells hold each.

    Returns:
        `times` itself where no label is such a number, or some number is none.
    """
    if numbers is None or not numbers.is_plain or not pt.is_timestamp(times.values.type):
        return times
    is_date = times.values.is_valid().to_numpy(zero_copy_only=False)
    is_serial = numbers.is_number & ~is_date
    used = numbers.values[is_serial & (weights > 0)]
    if used.size == 0 or used.min() < _FIRST or used.max() > _LAST:
        return times
    is_serial &= (numbers.values >= _FIRST) & (numbers.values <= _LAST)
    moments = np.zeros(len(is_serial), np.int64)
    moments[is_serial] = np.rint((numbers.values[is_serial] - _TO_1970) * _DAY_US)
    dates = times.values.cast(pa.timestamp("us"), safe=False).fill_null(0).cast(pa.int64()).to_numpy()
    values = pa.array(np.where(is_date, dates, moments).astype("datetime64[us]"), mask=~(is_date | is_serial))
    words = f"{times.words}, and numbers among them as a spreadsheet's days since 1900"
    return replace(times, values=values, words=words, is_iso=False)
