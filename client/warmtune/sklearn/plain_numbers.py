"""Numbers of any type as floats: what users' columns of objects and of text hold."""

from decimal import Decimal
from numbers import Real
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.errors import InvalidInputError

MAX_SHOWN: Final = 60


def plain_numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers, and text that is a number, of shape ``(n,)``; NaN for all else, infinity where a float ends."""
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    return np.array([_float(value) for value in values.tolist()], dtype=np.float64)


def finite_numbers(
    values: NDArray[Any], *, field: str, error: type[InvalidInputError], remedy: str
) -> NDArray[np.float64]:
    """`plain_numbers` of a column that must have one in every row.

    Raises:
        InvalidInputError: Of the given type, naming the first row that has none.
    """
    numbers = plain_numbers(values)
    is_odd = ~np.isfinite(numbers)
    if is_odd.any():
        row = int(is_odd.argmax())
        shown = str(values[row])[:MAX_SHOWN]
        raise error(
            f"{field} is no finite number in {is_odd.sum()} rows, first {shown!r} in row {row} (from 0): {remedy}",
            field=field,
            value=shown,
            limit="a finite number",
        )
    return numbers


def _float(value: object) -> float:
    if not isinstance(value, (Real, Decimal, np.bool_, str)):
        return np.nan
    try:
        return float(value)
    except ValueError:
        return np.nan
    except OverflowError:
        return np.inf
