"""Sums whose last digit doesn't depend on the order of the summands.

Every summand is split into a multiple of a coarse power of two, a multiple of a fine one, and a rest below both that is
dropped (Demmel and Nguyen, 2013; Rump, 2009). Multiples of one power of two add up without rounding as long as the sum
has at most 53 bits, in any order and with any vector width. The powers follow from the number of summands alone; what
is dropped is below ``2**(2 m - 104)`` for ``2**m`` summands of at most 1: relative to the largest summand no more than
plain summation loses.
"""

import numpy as np

from metafeatures.kernels.columns import FloatArray
from metafeatures.kernels.compiled import kernel, summing_kernel

_BLOCK = 1_024


@kernel
def _split(x: FloatArray, rounders: tuple[float, float], high: FloatArray, low: FloatArray) -> None:
    """Multiples of the two powers; the rounders are 1.5 times 2**52 of them, so that adding one rounds."""
    coarse, fine = rounders
    for i in range(x.size):
        q = (x[i] + coarse) - coarse
        r = x[i] - q
        high[i] = q
        low[i] = (r + fine) - fine


@summing_kernel
def _total(x: FloatArray) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


@kernel
def _powers(x: FloatArray, centre: float, scale: float, out: FloatArray) -> None:
    """Rows of `out`: the first four powers of ``(x - centre) * scale``, 0 where missing."""
    for i in range(x.size):
        d = 0.0 if np.isnan(x[i]) else (x[i] - centre) * scale
        d2 = d * d
        out[0, i] = d
        out[1, i] = d2
        out[2, i] = d2 * d
        out[3, i] = d2 * d2


@kernel
def power_sums(x: FloatArray, centre: float, scale: float, n_powers: int) -> FloatArray:
    """Sums of the first powers of ``(x - centre) * scale``, shape ``(n_powers,)``, the same in any order of `x`.

    Args:
        x: Values, NaN where missing.
        centre: Subtracted from each.
        scale: A power of two such that no ``|x - centre| * scale`` is above 1.
        n_powers: From 1 to 4.
    """
    m = 1
    while (1 << m) < x.size:
        m += 1
    rounders = (1.5 * 2.0 ** (m + 1), 1.5 * 2.0 ** (2 * m - 51))
    powers = np.empty((4, _BLOCK))
    high, low = np.empty(_BLOCK), np.empty(_BLOCK)
    sums, rests = np.zeros(n_powers), np.zeros(n_powers)
    for start in range(0, x.size, _BLOCK):
        block = x[start : start + _BLOCK]
        n = block.size
        _powers(block, centre, scale, powers)
        for k in range(n_powers):
            _split(powers[k, :n], rounders, high, low)
            sums[k] += _total(high[:n])
            rests[k] += _total(low[:n])
    return sums + rests
