"""Extremes of columns, and the refusal of infinities."""

import numpy as np

from metafeatures.arrays import FloatArray
from metafeatures.row_numbers import COUNTED, RowNumbers
from warmtune.vocabulary.errors import InvalidTableError


def finite_range(values: FloatArray, name: str, rows: RowNumbers) -> tuple[float, float]:
    """Least and greatest value of a column with at least one, missing ones left out.

    `values` have shape ``(n,)``, NaN where missing; both ends are in the column's own unit.

    Raises:
        InvalidTableError: On an infinity, naming column and row.
    """
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    check_finite(values, (low, high), name, rows)
    return low, high


def check_finite(values: FloatArray, extremes: tuple[float, float], name: str, rows: RowNumbers) -> None:
    """Refuse an infinity among values of shape ``(n,)`` whose extremes are known.

    Raises:
        InvalidTableError: On an infinity, naming column and row.
    """
    low, high = extremes
    if np.isinf(low) or np.isinf(high):
        at = int(np.flatnonzero(np.isinf(values))[0])
        raise InvalidTableError(
            f"column {name!r} holds {values[at]} in row {rows.number(at)} ({COUNTED});"
            " numbers must be finite (leave unknown ones empty)",
            field=f"file.{name}",
            value=float(values[at]),
            limit="finite number",
        )
