"""What counts as a number."""

import math
from numbers import Integral, Real
from typing import TypeGuard


def is_finite_number(value: object) -> TypeGuard[float]:
    """Whether `value` is a number that a float can hold: no truth value, NaN, infinity or integer beyond 1.8e308.

    Numpy's scalars count; they are not plain Python, so convert them before they are kept.
    """
    if type(value) is float:  # by far the most frequent; asking an abstract class takes ten times as long
        return math.isfinite(value)
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_integer(value: object) -> TypeGuard[int]:
    """Whether `value` is an integer and no truth value; numpy's count, so convert them before they are kept."""
    if type(value) is int:  # as above
        return True
    return isinstance(value, Integral) and not isinstance(value, bool)
