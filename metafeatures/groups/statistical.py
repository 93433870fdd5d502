"""Group `statistical`: shape of the numeric columns, correlations, spectrum.

Moments are exact over all rows; quantiles, correlations and spectrum come from the sample.
"""

import math

import numpy as np

from metafeatures.column_kernels import FloatArray
from metafeatures.entry import REGRESSION, Cost, Entry, Group, summarised
from metafeatures.facts import Facts, Values
from metafeatures.profile import NumericProfile
from metafeatures.sample import Sample
from metafeatures.standardise import standard_columns
from metafeatures.summary import summarise

_INF = math.inf
_PAIR_WORK = 2e9  # multiplications a correlation matrix may take; beyond, fewer rows are used
MAX_PAIR_COLUMNS = 500


def _exact(name: str, formula: str, high: float = 1.0, low: float = 0.0) -> Entry:
    return Entry(name, Group.STATISTICAL, formula, "Engels and Theusinger (1998)", Cost.EXACT, low=low, high=high)


def _sampled(name: str, formula: str, high: float = 1.0, low: float = 0.0) -> Entry:
    return Entry(name, Group.STATISTICAL, formula, "Rousseeuw and Croux (1993)", Cost.SAMPLE, low=low, high=high)


def _paired(name: str, formula: str, high: float = 1.0) -> Entry:
    return Entry(name, Group.STATISTICAL, formula, "Michie et al. (1994)", Cost.PAIRS, low=0.0, high=high)


MOMENT_ENTRIES: tuple[Entry, ...] = (
    *summarised(_exact("asinh_mean", "asinh of the mean (in the column's own unit)", _INF, -_INF)),
    *summarised(_exact("log_sd", "log10 of the standard deviation (in the column's own unit)", _INF, -_INF)),
    *summarised(_exact("asinh_mean_to_sd", "asinh(mean / standard deviation)", _INF, -_INF)),
    *summarised(_exact("asinh_skewness", "asinh of the skewness m3 / m2^1.5", _INF, -_INF)),
    *summarised(_exact("log_kurtosis", "ln of the kurtosis m4 / m2^2", _INF)),
    *summarised(_exact("zeros", "the share of zeros among present values")),
    *summarised(_exact("mean_place", "(mean - min) / (max - min)")),
)


def moments(facts: Facts) -> Values:
    """Exact moments of the numeric columns that aren't constant."""
    columns = [c for c in facts.numeric if not c.is_constant]
    if not columns:
        return {}
    values: Values = {}
    values |= summarise("asinh_mean", np.array([math.asinh(c.mean / c.factor) for c in columns]))
    values |= summarise("log_sd", np.array([math.log10(c.sd) - math.log10(c.factor) for c in columns]))
    values |= summarise("asinh_mean_to_sd", np.array([math.asinh(c.mean / c.sd) for c in columns]))
    values |= summarise("asinh_skewness", np.array([math.asinh(skewness(c)) for c in columns]))
    values |= summarise("log_kurtosis", np.array([math.log(kurtosis(c)) for c in columns]))
    values |= summarise("zeros", np.array([c.n_zero / c.n for c in columns]))
    values |= summarise("mean_place", np.array([_place(c) for c in columns]))
    return values


def skewness(column: NumericProfile) -> float:
    """Population skewness of a column that isn't constant: ``m3 / m2**1.5`` of central moments."""
    return float(math.sqrt(column.n) * column.m3 / column.m2**1.5)


def kurtosis(column: NumericProfile) -> float:
    """Population kurtosis (3 for the normal) of a column that isn't constant; at least 1, as it must be."""
    return max(column.n * column.m4 / column.m2**2, 1.0)


def _place(column: NumericProfile) -> float:
    low, high = column.low * column.factor, column.high * column.factor
    return min(max((column.mean - low) / (high - low), 0.0), 1.0)


QUANTILE_ENTRIES: tuple[Entry, ...] = (
    *summarised(_sampled("median_to_mean", "(mean - median) / standard deviation", 1.0, -1.0)),
    *summarised(_sampled("iqr_to_sd", "interquartile range / standard deviation", _INF)),
    *summarised(_sampled("mad_to_sd", "median absolute deviation from the median / standard deviation", 1.0)),
    *summarised(_sampled("outliers", "the share beyond 1.5 interquartile ranges of the quartiles")),
    *summarised(_sampled("distinct", "distinct values / present values")),
    *summarised(_sampled("mode_share", "the share of the most frequent value")),
)


def quantiles(sample: Sample) -> Values:
    """Order statistics of the sampled numeric columns."""
    rows = [_order_statistics(sample.numbers[:, j]) for j in range(sample.numbers.shape[1])]
    found = np.array([r for r in rows if r is not None], dtype=np.float64)
    if found.size == 0:
        return {}
    names = ("median_to_mean", "iqr_to_sd", "mad_to_sd", "outliers", "distinct", "mode_share")
    values: Values = {}
    for j, name in enumerate(names):
        values |= summarise(name, found[:, j])
    return values


def _order_statistics(column: FloatArray) -> tuple[float, ...] | None:
    ordered = np.sort(column[~np.isnan(column)])
    n = len(ordered)
    if n == 0 or ordered[0] == ordered[-1]:
        return None
    centred = ordered - ordered[n // 2]
    centred /= max(-centred[0], centred[-1])  # no square underflows
    mean = float(centred.mean())
    sd = float(np.sqrt(np.mean((centred - mean) ** 2)))
    q25, median, q75 = (float(q) for q in sorted_quantiles(centred))
    reach = 1.5 * (q75 - q25)
    below = np.searchsorted(centred, q25 - reach, side="left")
    above = np.searchsorted(centred, q75 + reach, side="right")
    changes = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1], [True])))
    return (
        (mean - median) / sd,
        (q75 - q25) / sd,
        float(np.median(np.abs(centred - median))) / sd,
        (below + n - above) / n,
        (len(changes) - 1) / n,
        float(np.diff(changes).max()) / n,
    )


def sorted_quantiles(ordered: FloatArray) -> FloatArray:
    """Quartiles of sorted values, linear between neighbours; shape ``(3,)``."""
    place = np.array((0.25, 0.5, 0.75)) * (len(ordered) - 1)
    left = place.astype(np.int64)
    right = np.minimum(left + 1, len(ordered) - 1)
    return ordered[left] + (place - left) * (ordered[right] - ordered[left])


PAIR_ENTRIES: tuple[Entry, ...] = (
    *summarised(_paired("correlation", "|Pearson correlation| of pairs of numeric columns (not over columns)")),
    _paired("strong_correlations", "share of pairs with |correlation| > 0.8"),
    _paired("pca_first", "largest eigenvalue of the correlation matrix / number of columns"),
    _paired("pca_components_90", "components that carry 90 % of the variance / number of columns"),
    _paired(
        "pca_effective_rank", "exp(entropy of the eigenvalues' shares) / number of columns (Roy and Vetterli, 2007)"
    ),
)
TARGET_ENTRIES: tuple[Entry, ...] = tuple(
    Entry(e.name, e.group, e.formula, e.source, e.cost, e.low, e.high, REGRESSION)
    for e in summarised(_paired("target_correlation", "|Pearson correlation| of numeric columns with the target"))
)


def correlations(sample: Sample) -> Values:
    """Correlations of numeric columns among each other and with a numeric target; missing cells count as the mean."""
    p = min(sample.numbers.shape[1], MAX_PAIR_COLUMNS)
    if p == 0:
        return {}
    n = min(sample.n, max(int(_PAIR_WORK / p**2), 500))
    matrix = standard_columns(sample.numbers[:n, :p])
    values: Values = {}
    if sample.y is not None:
        y = sample.y[:n] - sample.y[:n].mean()
        length = float(np.sqrt(y @ y))
        if length > 0.0:
            r = np.abs(y @ matrix) / (length * math.sqrt(n))
            values |= summarise("target_correlation", np.minimum(r, 1.0))
    varying = matrix[:, np.einsum("ij,ij->j", matrix, matrix) > 0.0]
    p = varying.shape[1]
    if p < 2:
        return values
    r = varying.T @ varying / n
    pairs = np.minimum(np.abs(r[np.triu_indices(p, 1)]), 1.0)
    values |= summarise("correlation", pairs)
    values["strong_correlations"] = float(np.mean(pairs > 0.8))
    return values | _spectrum(np.linalg.eigvalsh(r).astype(np.float64))


def _spectrum(eigenvalues: FloatArray) -> Values:
    share = np.sort(np.maximum(eigenvalues, 0.0))[::-1]
    share = share / share.sum()
    kept = share[share > 0.0]
    p = len(share)
    return {
        "pca_first": min(float(share[0]), 1.0),
        "pca_components_90": float(np.searchsorted(np.cumsum(share), 0.9) + 1) / p,
        "pca_effective_rank": min(float(np.exp(-np.sum(kept * np.log(kept)))) / p, 1.0),
    }
