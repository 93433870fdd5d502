"""Group `statistical`, column by column: exact moments over all rows, order statistics on the sample."""

import math

import numpy as np

from metafeatures.arrays import FloatArray
from metafeatures.entry import Cost, Entry, Group, summarised
from metafeatures.facts import Facts, Values, gaps
from metafeatures.kernels.order import order_statistics
from metafeatures.profile import NumericProfile
from metafeatures.sample import n_present
from metafeatures.summary import summarise

_INF = math.inf


def _exact(name: str, formula: str, high: float = 1.0, low: float = 0.0) -> Entry:
    return Entry(name, Group.STATISTICAL, formula, "Engels and Theusinger (1998)", Cost.EXACT, low=low, high=high)


def _sampled(name: str, formula: str, high: float = 1.0, low: float = 0.0) -> Entry:
    return Entry(name, Group.STATISTICAL, formula, "Rousseeuw and Croux (1993)", Cost.SAMPLE, low=low, high=high)


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
        return gaps(MOMENT_ENTRIES, "no numeric column that varies")
    values: Values = {}
    values |= summarise("asinh_mean", np.array([math.asinh(c.mean / c.factor) for c in columns]))
    values |= summarise("log_sd", np.array([math.log10(c.sd) - math.log10(c.factor) for c in columns]))
    values |= summarise("asinh_mean_to_sd", np.array([math.asinh(c.mean / c.sd) for c in columns]))
    values |= summarise("asinh_skewness", np.array([math.asinh(c.skewness) for c in columns]))
    values |= summarise("log_kurtosis", np.array([math.log(c.kurtosis) for c in columns]))
    values |= summarise("zeros", np.array([c.n_zero / c.n for c in columns]))
    values |= summarise("mean_place", np.array([_place(c) for c in columns]))
    return values


def _place(column: NumericProfile) -> float:
    low, high = column.low * column.factor, column.high * column.factor
    return min(max((column.mean - low) / (high - low), 0.0), 1.0)


QUANTILE_ENTRIES: tuple[Entry, ...] = (
    *summarised(_sampled("median_to_mean", "(mean - median) / standard deviation", 1.0, -1.0)),
    *summarised(_sampled("iqr_to_sd", "interquartile range / standard deviation", _INF)),
    *summarised(_sampled("mad_to_sd", "median absolute deviation from the median / standard deviation", 2.0)),
    *summarised(_sampled("outliers", "the share beyond 1.5 interquartile ranges of the quartiles")),
    *summarised(_sampled("distinct", "distinct values / present values")),
    *summarised(_sampled("mode_share", "the share of the most frequent value")),
)


def quantiles(numbers: FloatArray) -> Values:
    """Order statistics of the sampled numeric columns, which are in order: see `Sample.ordered`, also for the shape."""
    found = []
    for j in range(numbers.shape[1]):
        ordered = np.ascontiguousarray(numbers[: n_present(numbers[:, j]), j])
        if ordered.size and ordered[0] < ordered[-1]:
            found.append(order_statistics(ordered))
    if not found:
        return gaps(QUANTILE_ENTRIES, "no numeric column that varies in the sample")
    values: Values = {}
    names = ("median_to_mean", "iqr_to_sd", "mad_to_sd", "outliers", "distinct", "mode_share")
    for name, column in zip(names, np.array(found).T, strict=False):
        values |= summarise(name, column)
    return values
