"""Group `autosklearn`: the 37 meta-features of auto-sklearn's meta-learning base, by their names there.

They make tasks from that source comparable with ours. As there, skewness and kurtosis are taken after preprocessing:
missing numbers at the column's mean, each symbol of a nominal column (missing is one) as a column of zeros and ones.
Here that costs no second pass: both follow from exact moments and counts.
"""

import math
from collections.abc import Iterable

import numpy as np

from metafeatures.arrays import FloatArray
from metafeatures.entry import ALL_KINDS, CLASSIFICATION, Cost, Entry, Group
from metafeatures.facts import Facts, Gap, Values
from metafeatures.groups.target import entropy_bits
from metafeatures.profile import NominalProfile, NumericProfile
from warmtune.vocabulary.task import TaskKind

PREFIX = "autosklearn."
_INF = math.inf
_WHICH = ("Max", "Mean", "Min", "STD")


def _entry(
    name: str, formula: str, high: float = _INF, low: float = 0.0, *, kinds: frozenset[TaskKind] = ALL_KINDS
) -> Entry:
    source = "Feurer et al. (2015)"
    return Entry(PREFIX + name, Group.AUTOSKLEARN, formula, source, Cost.EXACT, low=low, high=high, kinds=kinds)


ENTRIES: tuple[Entry, ...] = (
    _entry("ClassEntropy", "entropy of the classes (bits)", kinds=CLASSIFICATION),
    _entry("ClassProbabilityMax", "largest share of a class", 1.0, kinds=CLASSIFICATION),
    _entry("ClassProbabilityMean", "1 / classes", 1.0, kinds=CLASSIFICATION),
    _entry("ClassProbabilityMin", "smallest share of a class", 1.0, kinds=CLASSIFICATION),
    _entry("ClassProbabilitySTD", "standard deviation of the classes' shares", 1.0, kinds=CLASSIFICATION),
    _entry("DatasetRatio", "p / n"),
    _entry("InverseDatasetRatio", "n / p"),
    _entry("KurtosisMax", "largest excess kurtosis of a preprocessed column", low=-2.0),
    _entry("KurtosisMean", "mean excess kurtosis of preprocessed columns", low=-2.0),
    _entry("KurtosisMin", "smallest excess kurtosis of a preprocessed column", low=-2.0),
    _entry("KurtosisSTD", "standard deviation of the excess kurtosis of preprocessed columns"),
    _entry("LogDatasetRatio", "ln(p / n)", low=-_INF),
    _entry("LogInverseDatasetRatio", "ln(n / p)", low=-_INF),
    _entry("LogNumberOfFeatures", "ln p"),
    _entry("LogNumberOfInstances", "ln n"),
    _entry("NumberOfCategoricalFeatures", "nominal and text-like columns"),
    _entry("NumberOfClasses", "classes", low=2.0, kinds=CLASSIFICATION),
    _entry("NumberOfFeatures", "columns, p", low=1.0),
    _entry("NumberOfFeaturesWithMissingValues", "columns with a missing cell"),
    _entry("NumberOfInstances", "rows, n", low=1.0),
    _entry("NumberOfInstancesWithMissingValues", "rows with a missing cell"),
    _entry("NumberOfMissingValues", "missing cells"),
    _entry("NumberOfNumericFeatures", "all other columns"),
    _entry("PercentageOfFeaturesWithMissingValues", "columns with a missing cell / p", 1.0),
    _entry("PercentageOfInstancesWithMissingValues", "rows with a missing cell / n", 1.0),
    _entry("PercentageOfMissingValues", "missing cells / (n p)", 1.0),
    _entry("RatioNominalToNumerical", "categorical / numeric columns, 0 where there are no numeric ones"),
    _entry("RatioNumericalToNominal", "numeric / categorical columns, 0 where there are no categorical ones"),
    _entry("SkewnessMax", "largest skewness of a preprocessed column", low=-_INF),
    _entry("SkewnessMean", "mean skewness of preprocessed columns", low=-_INF),
    _entry("SkewnessMin", "smallest skewness of a preprocessed column", low=-_INF),
    _entry("SkewnessSTD", "standard deviation of the skewness of preprocessed columns"),
    _entry("SymbolsMax", "largest number of symbols in use, 0 without nominal columns"),
    _entry("SymbolsMean", "mean number of symbols in use, 0 without nominal columns"),
    _entry("SymbolsMin", "smallest number of symbols in use, 0 without nominal columns"),
    _entry("SymbolsSTD", "standard deviation of the number of symbols in use, 0 without nominal columns"),
    _entry("SymbolsSum", "symbols in use, summed"),
)


def autosklearn(facts: Facts) -> Values:
    """Compute the group."""
    n, p = facts.n_rows, len(facts.profiles)
    missing = np.array([c.n_missing for c in facts.profiles])
    with_missing, n_missing = int(np.count_nonzero(missing)), int(missing.sum())
    n_numeric = len(facts.numeric) + sum(c.n == 0 for c in facts.other)
    n_categorical = p - n_numeric
    symbols = np.array([len(c.counts) for c in facts.nominal], dtype=np.float64)
    values: Values = {
        "NumberOfInstances": n,
        "LogNumberOfInstances": math.log(n),
        "NumberOfFeatures": p,
        "LogNumberOfFeatures": math.log(p),
        "DatasetRatio": p / n,
        "LogDatasetRatio": math.log(p / n),
        "InverseDatasetRatio": n / p,
        "LogInverseDatasetRatio": math.log(n / p),
        "NumberOfNumericFeatures": n_numeric,
        "NumberOfCategoricalFeatures": n_categorical,
        "RatioNumericalToNominal": n_numeric / n_categorical if n_categorical else 0.0,
        "RatioNominalToNumerical": n_categorical / n_numeric if n_numeric else 0.0,
        "NumberOfMissingValues": n_missing,
        "PercentageOfMissingValues": n_missing / (n * p),
        "NumberOfFeaturesWithMissingValues": with_missing,
        "PercentageOfFeaturesWithMissingValues": with_missing / p,
        "NumberOfInstancesWithMissingValues": facts.n_rows_missing,
        "PercentageOfInstancesWithMissingValues": facts.n_rows_missing / n,
        "SymbolsSum": float(symbols.sum()),
    }
    values |= _summary("Symbols", symbols if len(symbols) else np.zeros(1))
    values |= _classes(facts) | _shapes(facts)
    return {PREFIX + name: value for name, value in values.items()}


def _summary(name: str, figures: FloatArray) -> Values:
    ordered = np.sort(figures)  # sums don't depend on the order of columns or classes then
    return {
        f"{name}Max": float(ordered[-1]),
        f"{name}Mean": float(ordered.mean()),
        f"{name}Min": float(ordered[0]),
        f"{name}STD": float(ordered.std()),
    }


def _classes(facts: Facts) -> Values:
    if facts.target.classes is None:
        return {}
    counts = np.bincount(facts.target.classes.codes).astype(np.float64)
    return {
        "NumberOfClasses": len(counts),
        "ClassEntropy": entropy_bits(counts),
        **_summary("ClassProbability", counts / counts.sum()),
    }


def _shapes(facts: Facts) -> Values:
    numbers = [_imputed(c, facts.n_rows) for c in facts.numeric if not c.is_constant]
    shapes = numbers + [s for c in facts.nominal for s in _indicators(c, facts.n_rows)]
    if not shapes:
        reason = "no numeric or nominal column that varies"
        return {f"{name}{which}": Gap(reason) for name in ("Skewness", "Kurtosis") for which in _WHICH}
    skewness, kurtosis = np.array(shapes).T
    return _summary("Skewness", skewness) | _summary("Kurtosis", kurtosis)


def _imputed(column: NumericProfile, n_rows: int) -> tuple[float, float]:
    """Skewness and excess kurtosis with missing values at the mean: the sums stay, the rows grow."""
    squares = column.m2 * column.m2
    return math.sqrt(n_rows) * column.m3 / (column.m2 * math.sqrt(column.m2)), n_rows * column.m4 / squares - 3.0


def _indicators(column: NominalProfile, n_rows: int) -> Iterable[tuple[float, float]]:
    """Skewness and excess kurtosis of each symbol's column of zeros and ones, (q - p) / sd and (1 - 6 p q) / (p q)."""
    counts = [int(c) for c in column.counts] + ([column.n_missing] if column.n_missing else [])
    for count in counts:
        share = count / n_rows
        variance = share * (1.0 - share)
        if variance > 0.0:
            yield (1.0 - 2.0 * share) / math.sqrt(variance), (1.0 - 6.0 * variance) / variance
