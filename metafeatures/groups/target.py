"""Group `target`: the distribution of classes, or of the number to predict."""

import math

import numpy as np

from metafeatures.arrays import FloatArray
from metafeatures.entry import ALL_KINDS, CLASSIFICATION, REGRESSION, Cost, Entry, Group
from metafeatures.facts import Facts, Values
from metafeatures.kernels.order import ON_THE_FENCE
from metafeatures.profile import NumericProfile
from warmtune.vocabulary.task import TaskKind

_INF = math.inf
_N_BINS = 10


def _entry(
    name: str, formula: str, high: float = 1.0, low: float = 0.0, *, kinds: frozenset[TaskKind] = ALL_KINDS
) -> Entry:
    return Entry(name, Group.TARGET, formula, "Brazdil et al. (2009)", Cost.EXACT, low=low, high=high, kinds=kinds)


ENTRIES: tuple[Entry, ...] = (
    _entry("n_classes", "classes, k", _INF, 2.0, kinds=CLASSIFICATION),
    _entry("log_n_classes", "ln k", _INF, kinds=CLASSIFICATION),
    _entry("class_entropy", "H = -sum q log2 q, q the classes' shares of rows (bits)", _INF, kinds=CLASSIFICATION),
    _entry("class_entropy_normalised", "H / log2 k: 1 where classes are equally frequent", kinds=CLASSIFICATION),
    _entry("majority_share", "max q", kinds=CLASSIFICATION),
    _entry("minority_share", "min q", kinds=CLASSIFICATION),
    _entry("class_share_sd", "standard deviation of q", 0.5, kinds=CLASSIFICATION),
    _entry("class_gini", "1 - sum q^2", kinds=CLASSIFICATION),
    _entry("log_imbalance", "ln(max q / min q)", _INF, kinds=CLASSIFICATION),
    _entry("rare_class_share", "share of classes with fewer than 10 rows", kinds=CLASSIFICATION),
    _entry("log_rows_per_class", "ln(n / k)", _INF, kinds=CLASSIFICATION),
    _entry("target_asinh_skewness", "asinh of the target's skewness", _INF, -_INF, kinds=REGRESSION),
    _entry("target_log_kurtosis", "ln of the target's kurtosis m4 / m2^2", _INF, kinds=REGRESSION),
    _entry("target_asinh_mean_to_sd", "asinh(mean / standard deviation) of the target", _INF, -_INF, kinds=REGRESSION),
    _entry("target_mean_place", "(mean - min) / (max - min) of the target", kinds=REGRESSION),
    _entry("target_ties", "1 - distinct values / n", kinds=REGRESSION),
    _entry("target_mode_share", "share of the most frequent value", kinds=REGRESSION),
    _entry("target_zeros", "share of zeros", kinds=REGRESSION),
    _entry("target_integral", "share of whole values", kinds=REGRESSION),
    _entry("target_outliers", "share beyond 1.5 interquartile ranges of the quartiles", kinds=REGRESSION),
    _entry("target_iqr_to_sd", "interquartile range / standard deviation", _INF, kinds=REGRESSION),
    _entry(
        "target_bin_entropy",
        "entropy of ten equally wide bins, / log2 10: 1 where uniform",
        kinds=REGRESSION,
    ),
)


def target(facts: Facts) -> Values:
    """Compute the group."""
    if facts.target.classes is not None:
        codes = facts.target.classes.codes
        counts = np.bincount(codes, minlength=len(facts.target.classes.labels))
        return class_distribution(np.sort(counts).astype(np.float64))
    if facts.target.numbers is None or facts.target_profile is None:
        return {}
    return _numbers(facts.target.numbers, facts.target_profile)


def class_distribution(counts: FloatArray) -> Values:
    """The values of a classification target from its class counts, shape ``(n_classes,)``, positive and ascending."""
    n, k = float(counts.sum()), len(counts)
    q = counts / n
    entropy = entropy_bits(counts)
    return {
        "n_classes": k,
        "log_n_classes": math.log(k),
        "class_entropy": entropy,
        "class_entropy_normalised": min(entropy / math.log2(k), 1.0),
        "majority_share": float(q.max()),
        "minority_share": float(q.min()),
        "class_share_sd": float(q.std()),
        "class_gini": 1.0 - float(np.sum(q * q)),
        "log_imbalance": math.log(float(counts.max() / counts.min())),
        "rare_class_share": float(np.mean(counts < 10)),
        "log_rows_per_class": math.log(n / k),
    }


def entropy_bits(counts: FloatArray) -> float:
    """Shannon entropy of a distribution given by counts, in bits; zeros count for nothing, nor does their order.

    `counts` have any shape ``(k,)``, not negative, not all zero; the result is in ``[0, log2(k)]``.
    """
    kept = np.sort(counts[counts > 0])
    q = kept / kept.sum()
    return max(float(-np.sum(q * np.log2(q))), 0.0)


def _numbers(y: FloatArray, profile: NumericProfile) -> Values:
    scaled = np.sort(y * profile.factor)
    n, sd = len(y), profile.sd
    changes = np.flatnonzero(np.concatenate(([True], scaled[1:] != scaled[:-1], [True])))
    q25, q75 = np.quantile(scaled, (0.25, 0.75))
    reach = (1.5 + ON_THE_FENCE) * (q75 - q25)
    low, high = scaled[0], scaled[-1]
    places = (scaled - low) / (high - low) * _N_BINS + ON_THE_FENCE
    bins = np.minimum(places.astype(np.int64), _N_BINS - 1)
    return {
        "target_asinh_skewness": math.asinh(profile.skewness),
        "target_log_kurtosis": math.log(profile.kurtosis),
        "target_asinh_mean_to_sd": math.asinh(profile.mean / sd),
        "target_mean_place": float((profile.mean - low) / (high - low)),
        "target_ties": 1.0 - (len(changes) - 1) / n,
        "target_mode_share": float(np.diff(changes).max()) / n,
        "target_zeros": profile.n_zero / n,
        "target_integral": profile.n_integral / n,
        "target_outliers": float(np.mean((scaled < q25 - reach) | (scaled > q75 + reach))),
        "target_iqr_to_sd": float(q75 - q25) / sd,
        "target_bin_entropy": entropy_bits(np.bincount(bins, minlength=_N_BINS).astype(np.float64))
        / math.log2(_N_BINS),
    }
