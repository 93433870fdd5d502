"""Mean and central moments of a column, the same in any order of its values, and for extreme magnitudes."""

from typing import NamedTuple

import numpy as np

from metafeatures.arrays import FloatArray
from metafeatures.arrow_arrays import read_only
from metafeatures.kernels.sums import power_sums, scaled_sum

_PLAIN_EXPONENT = 200  # fourth powers of 2**200, summed over all rows, are still far from overflow


class Moments(NamedTuple):
    """The mean, and sums of squared, cubed and fourth deviations from it."""

    mean: float
    m2: float
    m3: float
    m4: float


def moments_of(x: FloatArray, low: float, high: float, n: int) -> Moments:
    """Mean and central moments of a column, the same in any order of its values.

    Args:
        x: Shape ``(n_rows,)``, NaN where missing.
        low: The smallest value.
        high: The largest value, above `low`.
        n: How many values are present.
    """
    scale = 2.0 ** -float(np.frexp(high - low)[1])
    centre = low + 0.5 * (high - low)
    mean = min(max(centre + scaled_sum(x, centre, scale) / n / scale, low), high)
    s1, s2, s3, s4 = power_sums(x, mean, scale)
    e = s1 / n  # what the mean is off by
    m2 = s2 - n * e * e
    m3 = s3 - 3.0 * e * s2 + 2.0 * n * e**3
    m4 = s4 - 4.0 * e * s3 + 6.0 * e * e * s2 - 3.0 * n * e**4
    return Moments(mean, max(m2, 0.0) / scale**2, m3 / scale**3, max(m4, 0.0) / scale**4)


def safe_factor(low: float, high: float) -> float:
    """A power of two that brings extreme magnitudes near 1; 1 where that isn't needed."""
    exponent = int(np.frexp(max(abs(low), abs(high)))[1])
    if abs(exponent) <= _PLAIN_EXPONENT or low == high == 0.0:
        return 1.0
    return float(2.0 ** max(min(-exponent, 1000), -1000))


def scaled(values: FloatArray, factor: float) -> FloatArray:
    """``factor * values``; the array itself where that is the same.

    Of the shape ``(n,)`` of `values`.
    """
    return values if factor == 1.0 else read_only(values * factor)
