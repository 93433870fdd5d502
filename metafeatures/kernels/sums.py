"""Sums whose last digit doesn't depend on the order of the summands.

Summands of at most 1 are rounded to multiples of one power of two and added as integers, which is exact: so the sum is
the same in any order and with any vector width (Demmel and Nguyen, 2013, do so in floating point). With ``2**m``
summands the multiples are of ``2**(m - 62)``; squares, which variances are made of, have a second integer for what
the first leaves.
"""

import numpy as np

from metafeatures.arrays import FloatArray
from metafeatures.kernels.compiled import kernel

_BITS = 62


@kernel
def _grain(size: int) -> float:
    """How many of the integers' units make 1, for so many summands."""
    m = 1
    while (1 << m) < size:
        m += 1
    return 2.0 ** (_BITS - m)


@kernel
def scaled_sum(x: FloatArray, centre: float, scale: float) -> float:
    """Sum of ``(x - centre) * scale`` over present values, the same in any order; see `power_sums`."""
    grain = _grain(x.size)
    factor = scale * grain  # a power of two: the product rounds once, to the grain
    total = np.int64(0)
    for i in range(x.size):
        d = 0.0 if np.isnan(x[i]) else (x[i] - centre) * factor
        total += np.int64(np.rint(d))
    return total / grain


@kernel
def power_sums(x: FloatArray, centre: float, scale: float) -> tuple[float, float, float, float]:
    """Sums of the first to fourth powers of ``(x - centre) * scale``, the same in any order of `x`.

    Args:
        x: Values, NaN where missing.
        centre: Subtracted from each.
        scale: A power of two such that no ``|x - centre| * scale`` is above 1.
    """
    grain = _grain(x.size)
    s1, s2, s3, s4, rest = np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for i in range(x.size):
        d = 0.0 if np.isnan(x[i]) else (x[i] - centre) * scale
        d2 = d * d
        square = d2 * grain
        whole = np.rint(square)
        s1 += np.int64(np.rint(d * grain))
        s2 += np.int64(whole)
        rest += np.int64(np.rint((square - whole) * grain))
        s3 += np.int64(np.rint(d2 * d * grain))
        s4 += np.int64(np.rint(d2 * d2 * grain))
    return s1 / grain, s2 / grain + rest / grain / grain, s3 / grain, s4 / grain
