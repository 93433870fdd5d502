"""Compiled order statistics of sorted columns, and standardisation."""

import numpy as np

from metafeatures.arrays import FloatArray, IndexArray
from metafeatures.kernels.compiled import kernel

ON_THE_FENCE = 1e-9
"""How far beyond a fence, relative to what it is made of, a value still is on it: rounding must not push it over."""


@kernel
def quantile_of_sorted(ordered: FloatArray, q: float) -> float:
    """Quantile `q`, linear between neighbours (numpy's default); `ordered` isn't empty.

    `ordered` has shape ``(n,)``, rising and without NaN; `q` lies in [0, 1].
    """
    place = q * (ordered.size - 1)
    left = int(place)
    if left + 1 >= ordered.size:
        return float(ordered[ordered.size - 1])
    return float(ordered[left] + (place - left) * (ordered[left + 1] - ordered[left]))


@kernel
def median_deviation(ordered: FloatArray, centre: float) -> float:
    """Median of ``|x - centre|`` of sorted values, by merging both sides outwards from the centre.

    `ordered` has shape ``(n,)``, rising and without NaN; the result is in the unit of `ordered`.
    """
    n = ordered.size
    right = np.searchsorted(ordered, centre)
    left = right - 1
    lower, value = 0.0, 0.0
    for _ in range(n // 2 + 1):
        lower = value
        if right >= n or (left >= 0 and centre - ordered[left] <= ordered[right] - centre):
            value = centre - ordered[left]
            left -= 1
        else:
            value = ordered[right] - centre
            right += 1
    return value if n % 2 else 0.5 * (lower + value)


@kernel
def order_statistics(ordered: FloatArray) -> tuple[float, float, float, float, float, float]:
    """Figures of sorted values that aren't all the same, at any magnitude.

    Returns:
        ``(mean - median) / sd``, interquartile range / sd, median absolute deviation / sd, share beyond 1.5
        interquartile ranges of the quartiles, share of distinct values, share of the most frequent value.
    """
    n = ordered.size
    middle = ordered[n // 2]
    reach = max(middle - ordered[0], ordered[n - 1] - middle)
    x = (ordered - middle) / reach  # no square underflows
    mean = x.mean()
    sd = np.sqrt(np.mean((x - mean) ** 2))
    q25, median, q75 = quantile_of_sorted(x, 0.25), quantile_of_sorted(x, 0.5), quantile_of_sorted(x, 0.75)
    fence = (1.5 + ON_THE_FENCE) * (q75 - q25)
    outliers, distinct, run, longest = 0, 0, 0, 0
    for i in range(n):
        if x[i] < q25 - fence or x[i] > q75 + fence:
            outliers += 1
        if i == 0 or ordered[i] != ordered[i - 1]:
            distinct += 1
            run = 0
        run += 1
        longest = max(longest, run)
    return (
        (mean - median) / sd,
        (q75 - q25) / sd,
        median_deviation(x, median) / sd,
        outliers / n,
        distinct / n,
        longest / n,
    )


@kernel
def standardise_column(x: FloatArray, out: FloatArray) -> None:
    """Write `x` at mean 0 and standard deviation 1 into `out`, NaN as 0; a constant column as 0.

    `x` and `out` have shape ``(n,)``.
    """
    n, total = 0, 0.0
    low, high = np.inf, -np.inf
    for i in range(x.size):
        if not np.isnan(x[i]):
            n += 1
            total += x[i]
            low, high = min(low, x[i]), max(high, x[i])
    if n == 0 or low == high:
        out[:] = 0.0
        return
    mean = min(max(total / n, low), high)
    reach = max(high - mean, mean - low)
    shift, squares = 0.0, 0.0
    for i in range(x.size):
        out[i] = 0.0 if np.isnan(x[i]) else (x[i] - mean) / reach  # no square underflows
        shift += out[i]
    shift /= n
    for i in range(x.size):
        if not np.isnan(x[i]):
            out[i] -= shift
            squares += out[i] * out[i]
    sd = np.sqrt(squares / x.size)
    for i in range(x.size):
        out[i] /= sd


@kernel
def rank_column(x: FloatArray, order: IndexArray, out: FloatArray) -> None:
    """Write dense ranks from 0 of `x`, which `order` sorts, into `out`; -1 for NaN.

    `x`, `order` and `out` have shape ``(n,)``; NaN comes last in `order`.
    """
    rank = -1
    for place in range(order.size):
        row = order[place]
        if np.isnan(x[row]):
            out[row] = -1.0
            continue
        if place == 0 or x[row] != x[order[place - 1]]:
            rank += 1
        out[row] = rank
