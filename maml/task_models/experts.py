"""Closed-form predictors: what a table's rows say by kernels, before anything is learned across tables.

Each expert is fitted on labelled rows and predicts others. Together they are the fixed-width encoding of a row,
whatever the table's columns: one number for each expert (and class). How far to trust which of them is meta-learned.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from maml.task_models.encoder import EncodedRows
from warmtune.vocabulary.arrays import FloatArray

_MAX_ADDITIVE_COLUMNS: Final = 48
_N_FERNS: Final = 96
_LINEAR_RIDGES: Final = (0.01, 0.1, 1.0)
_SMOOTH_RIDGES: Final = (0.03, 0.3)
_FERN_RIDGE: Final = 0.03
_NEIGHBOURS: Final = 3
_FEW_PAIRS: Final = 2_048
"""Of so few pairs of rows all ferns are compared in one step; of more, one fern at a time, which fits the cache."""

EXPERTS: Final = (
    *(f"linear_{form}_{ridge}" for form in ("scaled", "ranked", "relevant") for ridge in _LINEAR_RIDGES),
    *(f"gaussian_{width}_{ridge}" for width in ("wide", "narrow") for ridge in _SMOOTH_RIDGES),
    *(f"gaussian_relevant_{width}_{ridge}" for width in ("wide", "narrow") for ridge in _SMOOTH_RIDGES),
    *(f"laplace_{form}_{ridge}" for form in ("plain", "relevant") for ridge in _SMOOTH_RIDGES),
    *(f"additive_{ridge}" for ridge in _SMOOTH_RIDGES),
    "ferns_shallow",
    "ferns_deep",
    "cells",
    "neighbours",
)
"""Names of the experts in the order of their predictions."""


@dataclass(frozen=True, slots=True)
class _Kernel:
    """Similarities among the known rows, and from the asked ones to them; on average 1 on the diagonal."""

    known: FloatArray
    asked: FloatArray


def predict_experts(known: EncodedRows, targets: FloatArray, asked: EncodedRows, *, seed: int = 0) -> FloatArray:
    """The predictions of every expert, fitted on the known rows, for the queried rows.

    Args:
        known: ``n`` labelled rows.
        targets: Shape ``(n, n_targets)``: a number, or an indicator for each class; centred here.
        asked: ``m`` rows.
        seed: Of the random ferns.

    Returns:
        Shape ``(m, n_targets, n_experts)``.
    """
    centre = targets.mean(axis=0)
    centred = targets - centre
    relevance = _relevance(known.ranked, centred)
    root = np.sqrt(relevance)
    plain = _squared_distances(known.ranked, asked.ranked)
    relevant = _squared_distances(known.ranked * root, asked.ranked * root)
    solved: list[FloatArray] = []
    for kernel in (
        _linear(known.scaled, asked.scaled),
        _linear(known.ranked, asked.ranked),
        _linear(known.ranked * relevance, asked.ranked * relevance),
    ):
        solved += _ridge(kernel, centred, _LINEAR_RIDGES)
    for distances in (plain, relevant):
        for width in (1.0, 0.25):
            solved += _ridge(_gaussian(distances, width), centred, _SMOOTH_RIDGES)
    for distances in (plain, relevant):
        solved += _ridge(_laplace(distances), centred, _SMOOTH_RIDGES)
    solved += _ridge(_additive(known.ranked, asked.ranked, relevance), centred, _SMOOTH_RIDGES)
    rng = np.random.default_rng(seed)
    deep = max(4, int(np.log2(len(targets))))
    for depth in (deep // 2, deep):
        ferns = _ferns(known.ranked, asked.ranked, relevance, (depth, rng))
        solved += _ridge(ferns, centred, (_FERN_RIDGE,))
    solved.append(ferns.asked @ centred / (ferns.asked.sum(axis=1, keepdims=True) + 0.05))
    solved.append(_neighbours(relevant.asked, centred))
    return np.asarray(np.stack(solved, axis=2) + centre[:, None])


def _relevance(columns: FloatArray, centred: FloatArray) -> FloatArray:
    """How much each column says about the targets, above what chance does; scaled to a mean square of 1.

    The largest share of a target's variance that a column explains by itself, less its expectation under no relation.
    """
    n = len(columns)
    z = columns - columns.mean(axis=0)
    norms = np.sqrt((z**2).sum(axis=0)) * np.sqrt((centred**2).sum(axis=0))[:, None] + 1e-12
    share = (((centred.T @ z) / norms) ** 2).max(axis=0)
    above = np.maximum(share - 2.0 / n, 0.0) + 0.02 * share.max() + 1e-6
    return np.asarray(above / np.sqrt((above**2).mean()))


def _squared_distances(known: FloatArray, asked: FloatArray) -> _Kernel:
    """Squared distances, in units of their median among the known rows."""
    norms, other = (known**2).sum(axis=1), (asked**2).sum(axis=1)
    inner = np.maximum(norms[:, None] + norms - 2.0 * known @ known.T, 0.0)
    outer = np.maximum(other[:, None] + norms - 2.0 * asked @ known.T, 0.0)
    np.fill_diagonal(inner, 0.0)
    upper = inner[np.triu_indices(len(known), 1)]
    unit = float(np.median(upper)) if upper.size else 0.0
    unit = unit if unit > 0 else max(float(inner.mean()), 1e-9)
    return _Kernel(inner / unit, outer / unit)


def _linear(known: FloatArray, asked: FloatArray) -> _Kernel:
    centre = known.mean(axis=0)
    a, b = known - centre, asked - centre
    unit = max(float((a**2).sum(axis=1).mean()), 1e-9)
    return _Kernel(a @ a.T / unit, b @ a.T / unit)


def _gaussian(distances: _Kernel, width: float) -> _Kernel:
    return _Kernel(np.exp(-distances.known / (2.0 * width)), np.exp(-distances.asked / (2.0 * width)))


def _laplace(distances: _Kernel) -> _Kernel:
    return _Kernel(np.exp(-np.sqrt(distances.known)), np.exp(-np.sqrt(distances.asked)))


def _additive(known: FloatArray, asked: FloatArray, relevance: FloatArray) -> _Kernel:
    """A sum of one-dimensional Laplace kernels of the most relevant columns: an additive model."""
    best = np.argsort(-relevance, kind="stable")[:_MAX_ADDITIVE_COLUMNS]
    inner, outer = np.zeros((len(known), len(known))), np.zeros((len(asked), len(known)))
    for column in best:
        a, b, weight = known[:, column], asked[:, column], relevance[column]
        inner += weight * np.exp(-np.abs(a[:, None] - a))
        outer += weight * np.exp(-np.abs(b[:, None] - a))
    total = float(relevance[best].sum())
    return _Kernel(inner / total, outer / total)


def _ferns(
    known: FloatArray, asked: FloatArray, relevance: FloatArray, how: tuple[int, np.random.Generator]
) -> _Kernel:
    """How often two rows fall on the same side of all of a fern's random thresholds (oblivious random trees)."""
    depth, rng = how
    chance = relevance / relevance.sum()
    columns = rng.choice(known.shape[1], (_N_FERNS, depth), p=chance)
    first, second = rng.integers(len(known), size=(2, _N_FERNS, depth))
    mix = rng.random((_N_FERNS, depth))
    thresholds = mix * known[first, columns] + (1.0 - mix) * known[second, columns]
    powers = 1 << np.arange(depth)
    a = ((known[:, columns] > thresholds) @ powers).astype(np.int32)  # (n, n_ferns)
    b = ((asked[:, columns] > thresholds) @ powers).astype(np.int32)
    return _Kernel(_same_cells(a, a), _same_cells(b, a))


def _same_cells(rows: NDArray[np.int32], others: NDArray[np.int32]) -> FloatArray:
    n_ferns = rows.shape[1]
    if len(rows) * len(others) <= _FEW_PAIRS:
        total = np.count_nonzero(rows[:, None] == others, axis=2)
    else:
        total = np.zeros((len(rows), len(others)), dtype=np.int16)
        for fern in range(n_ferns):
            total += rows[:, fern, None] == others[:, fern]
    return np.asarray(total / n_ferns)


def _ridge(kernel: _Kernel, centred: FloatArray, ridges: tuple[float, ...]) -> list[FloatArray]:
    """Kernel ridge regression at several strengths, each shape ``(m, n_targets)``."""
    results = []
    for ridge in ridges:
        regular = kernel.known.copy()
        regular.flat[:: len(regular) + 1] += ridge
        # Cholesky; by LAPACK's own name, for on few rows the checks of scipy's functions take most of the time
        weights, failed = dposv(regular, centred, overwrite_a=True)[1:]
        if failed:
            raise np.linalg.LinAlgError("a kernel's matrix is not positive definite")
        results.append(kernel.asked @ weights)
    return results


def _neighbours(distances: FloatArray, centred: FloatArray) -> FloatArray:
    """A smoother whose width is the distance to one of the nearest known rows."""
    k = min(_NEIGHBOURS, distances.shape[1])
    width = np.partition(distances, k - 1, axis=1)[:, k - 1 : k] + 1e-9
    weights = np.exp(-distances / width)
    return np.asarray(weights @ centred / weights.sum(axis=1, keepdims=True))
