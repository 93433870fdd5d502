"""Group `statistical`, columns together: correlations, spectrum, association with the target; on the sample."""

import math

import numpy as np

from metafeatures.arrays import CodeArray, FloatArray
from metafeatures.entry import REGRESSION, Cost, Entry, Group, summarised
from metafeatures.facts import Values, gaps
from metafeatures.sample import Sample
from metafeatures.standardise import standard_columns
from metafeatures.summary import summarise
from warmtune.vocabulary.task import TaskKind

_PAIR_WORK = 2e9  # multiplications a correlation matrix may take; beyond, fewer rows are used
MAX_COLUMNS = 500


def _paired(name: str, formula: str, *kinds: TaskKind) -> Entry:
    return Entry(
        name,
        Group.STATISTICAL,
        formula,
        "Michie et al. (1994)",
        Cost.PAIRS,
        low=0.0,
        high=1.0,
        kinds=frozenset(kinds or TaskKind),
    )


PAIR_ENTRIES: tuple[Entry, ...] = (
    *summarised(_paired("correlation", "|Pearson correlation|, taken over pairs of numeric columns")),
    _paired("strong_correlations", "share of pairs of numeric columns with |correlation| > 0.8"),
    _paired("pca_first", "largest eigenvalue of the correlation matrix / numeric columns"),
    _paired("pca_components_90", "principal components that carry 90 % of the variance / numeric columns"),
    _paired("pca_effective_rank", "exp(entropy of the eigenvalues' shares) / numeric columns (Roy and Vetterli, 2007)"),
)
TARGET_ENTRIES: tuple[Entry, ...] = (
    *summarised(_paired("target_correlation", "|Pearson correlation| with the target, numeric columns", *REGRESSION)),
    *summarised(
        _paired("target_rank_correlation", "|Spearman correlation| with the target, numeric columns", *REGRESSION)
    ),
)
ETA_ENTRIES = tuple(
    summarised(
        _paired(
            "eta_squared",
            "the share of variance between groups: of a numeric column between classes, or of a numeric target"
            " between a nominal column's symbols",
        )
    )
)
ENTRIES: tuple[Entry, ...] = (*PAIR_ENTRIES, *TARGET_ENTRIES, *ETA_ENTRIES)


def correlations(sample: Sample) -> Values:
    """Compute the group; missing cells count as the column's mean, wide tables are cut in canonical order."""
    p = min(sample.numbers.shape[1], MAX_COLUMNS)
    n = min(sample.n, max(int(_PAIR_WORK / max(p, 1) ** 2), 500))
    raw = sample.numbers[:n, :p]
    matrix = standard_columns(raw)
    of_what = "numeric" if sample.classes is not None else "nominal"
    values: Values = gaps(ETA_ENTRIES, f"no {of_what} column that varies in the sample")
    if sample.classes is not None:
        values |= summarise("eta_squared", between_groups(matrix, sample.classes[:n]))
    if sample.y is not None:
        y = sample.y[:n]
        is_flat = y.min(initial=np.inf) == y.max(initial=-np.inf)
        reason = "the target is constant in the sample" if is_flat else "no numeric column that varies in the sample"
        values |= gaps(TARGET_ENTRIES, reason)
        values |= summarise("target_correlation", _with_target(matrix, y))
        values |= summarise("target_rank_correlation", _with_target(standard_columns(column_ranks(raw)), ranks(y)))
        values |= summarise("eta_squared", _nominal_eta(sample.codes[:n, :MAX_COLUMNS], y))
    return values | _pairs(matrix)


def _with_target(matrix: FloatArray, y: FloatArray) -> FloatArray:
    centred = y - y.mean()
    length = float(np.sqrt(centred @ centred))
    if length == 0.0:
        return np.empty(0)
    varying = matrix.any(axis=0)
    r: FloatArray = np.abs(centred @ matrix[:, varying]) / (length * math.sqrt(len(y)))
    return np.minimum(r, 1.0)


def column_ranks(matrix: FloatArray) -> FloatArray:
    """Average ranks within each column from 0; NaN stays.

    `matrix` has shape ``(n, p)``, and so has the result, in Fortran order.
    """
    out = np.empty(matrix.shape, order="F")
    for j in range(matrix.shape[1]):
        out[:, j] = ranks(matrix[:, j])
    return out


def ranks(x: FloatArray) -> FloatArray:
    """Average ranks from 0; NaN stays NaN. Shape as `x`."""
    order = np.argsort(x, kind="stable")
    n = len(x) - int(np.count_nonzero(np.isnan(x)))
    ordered = x[order[:n]]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if n else np.empty(0, np.int64)
    lengths = np.diff(np.append(starts, n))
    out = np.full(len(x), np.nan)
    out[order[:n]] = np.repeat(starts + 0.5 * (lengths - 1), lengths)
    return out


def between_groups(matrix: FloatArray, groups: CodeArray) -> FloatArray:
    """Correlation ratio of each standardised column that varies: its variance between groups, in [0, 1].

    Args:
        matrix: Shape ``(n, p)``, columns of mean 0 and variance 1, or all 0.
        groups: Shape ``(n,)``, codes from 0; -1 is left out of no group but its own.
    """
    codes = groups + 1  # missing is a group of its own
    counts = np.maximum(np.bincount(codes), 1)
    varying = np.flatnonzero(matrix.any(axis=0))
    sums = np.empty((len(varying), len(counts)))
    for i, j in enumerate(varying):  # a column at a time: no second copy of the matrix
        sums[i] = np.bincount(codes, weights=matrix[:, j])
    eta: FloatArray = np.sum(sums * sums / counts, axis=1) / len(groups)
    return np.clip(eta, 0.0, 1.0)


def _nominal_eta(codes: CodeArray, y: FloatArray) -> FloatArray:
    column = standard_columns(y[:, None])
    found = [between_groups(column, codes[:, j]) for j in range(codes.shape[1])]
    return np.concatenate(found) if found else np.empty(0)


def _pairs(matrix: FloatArray) -> Values:
    varies = matrix.any(axis=0)
    varying = matrix if varies.all() else matrix[:, varies]
    n, p = varying.shape
    if p < 2:
        return gaps(PAIR_ENTRIES, "fewer than two numeric columns that vary in the sample")
    r = varying.T @ varying / n
    pairs = np.minimum(np.abs(r[np.triu_indices(p, 1)]), 1.0)
    values: Values = {"strong_correlations": float(np.mean(pairs > 0.8))}
    share = np.sort(np.maximum(np.linalg.eigvalsh(r), 0.0))[::-1]
    share = share / share.sum()
    kept = share[share > 0.0]
    values["pca_first"] = min(float(share[0]), 1.0)
    values["pca_components_90"] = min(float(np.searchsorted(np.cumsum(share), 0.9 - 1e-9) + 1) / p, 1.0)
    values["pca_effective_rank"] = min(float(np.exp(-np.sum(kept * np.log(kept)))) / p, 1.0)
    return values | summarise("correlation", pairs)
