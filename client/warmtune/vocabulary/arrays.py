"""Names of numpy's arrays by what they hold, and what masked ones hold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
"""Numbers in double precision."""
IntArray = NDArray[np.intp]
"""Positions and counts."""
BoolArray = NDArray[np.bool_]
"""Yes or no for each."""
Float32Array = NDArray[np.float32]
"""Numbers in single precision, where there are many."""


def unmasked(values: Any) -> Any:  # any array-like, for callers that know which
    """A masked array with a gap in place of each masked value, of which `numpy.asarray` makes the value beneath.

    Gaps are NaN in numbers, which become floats, NaT in times, and None in an array of objects otherwise. What isn't
    masked is returned as it is.
    """
    if not isinstance(values, np.ma.MaskedArray):
        return values
    data, is_gap = np.asarray(values.data), np.ma.getmaskarray(values)
    if data.dtype.names is not None or not is_gap.any():  # a structured one has a mask for each field
        return data
    if data.dtype.kind in "mM":
        return np.where(is_gap, np.array("NaT", dtype=data.dtype), data)
    if data.dtype.kind in "iuf":
        return np.where(is_gap, np.nan, data)
    return np.where(is_gap, np.array(None, dtype=object), data.astype(object))
