"""Completing performance maps: an empirical Gaussian prior over all tasks, fitted by expectation-maximisation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas, cho_factor, solve_triangular

from metamodel.maps.pooled_trees import pooled_maps
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.work import check_wanted

NOISE = 1e-3
OWN_SHARE = 0.1
MIN_TASKS_TO_POOL = 5
_RIDGE = 1e-2
_POOLED_NOISE = 3e-3
LOWEST, HIGHEST = -0.3, 1.1
"""Utilities are kept between these: what is far outside says nothing more."""
MAX_GROWTH = 1.05
"""Of a task's width in one round: its best may be better than what is known."""
_DECIMALS = 9
_ROWS_AT_ONCE = 1_536


@dataclass(frozen=True, slots=True)
class KnownScores:
    """What one task knows: signed scores (larger is better) at anchors, with extra noise where the anchor is only near.

    Attributes:
        at: Shape ``(k,)``: anchor indices; may repeat.
        score: Shape ``(k,)``: finite signed scores.
        noise: Shape ``(k,)``: variance of utilities beyond `NOISE`.
    """

    at: IntArray
    score: FloatArray
    noise: FloatArray


@dataclass(frozen=True, slots=True)
class GaussianPrior:
    """What a task's utilities were believed to be before any of its trials, when the maps were completed last.

    Attributes:
        mean: Shape ``(A,)``.
        covariance: Shape ``(A, A)``.
        noise: Variance of an observed utility.
    """

    mean: FloatArray
    covariance: FloatArray
    noise: float


@dataclass(frozen=True, slots=True)
class CompletedMaps:
    """Maps of all tasks.

    Attributes:
        mean: Shape ``(T, A)``: utilities, 1 at a task's (expected) best, 0 at its worst known score.
        variance: Shape ``(T, A)``: of that estimate, not negative.
        best: Shape ``(T,)``: signed score of utility 1.
        width: Shape ``(T,)``: signed score difference between utilities 1 and 0; 0 for a constant task.
        prior: What tasks were conditioned on.
    """

    mean: FloatArray
    variance: FloatArray
    best: FloatArray
    width: FloatArray
    prior: GaussianPrior


def complete_maps(
    known: Sequence[KnownScores],
    low_high: tuple[FloatArray, FloatArray],
    features: FloatArray,
    kernel: FloatArray,
    *,
    seed: int,
) -> CompletedMaps:
    """Estimate every task's utilities at all anchors.

    The prior is ``N(mean over tasks, (1 - s) covariance over tasks + s v K)`` with the share s `OWN_SHARE` of the mean
    variance v for what is a task's own. Each round conditions every task on what it knows (E), and takes mean and
    covariance anew, the tasks' own uncertainty included (M). In between, where tasks are incomplete, trees over all
    tasks' trials (`pooled_maps`) replace the maps: they see steps and interactions that a stationary kernel smooths
    away, and were measured to halve the error of short histories. A task's unknown best may grow with what its map
    predicts.

    Args:
        known: ``T`` tasks, each with at least one score.
        low_high: Each of shape ``(T,)``: signed scores of utility 0, and best known ones.
        features: Shape ``(A, D)`` of the anchors.
        kernel: Shape ``(A, A)`` over anchors, ones on the diagonal.
        seed: Of the trees.
    """
    low, high = low_high
    start = _FirstMaps(_ridge_maps(known, low, high, kernel), high, high - low)
    state = _expectation_maximisation(known, start, kernel, n_rounds=3, noise=NOISE)
    complete = all(len(np.unique(task.at)) == len(kernel) for task in known)
    if len(known) >= MIN_TASKS_TO_POOL and not complete:
        utilities = [utility_of(task.score, low[row], high[row]) for row, task in enumerate(known)]
        pooled = pooled_maps(state.mean, [task.at for task in known], utilities, features, seed=seed)
        start = _FirstMaps(pooled, high, high - low)
        state = _expectation_maximisation(known, start, kernel, n_rounds=2, noise=_POOLED_NOISE)
    return state


@dataclass(frozen=True, slots=True)
class _FirstMaps:
    """First estimates: utilities ``(T, A)``, and of each task its best signed score and its width."""

    mean: FloatArray
    best: FloatArray
    width: FloatArray


def _ridge_maps(known: Sequence[KnownScores], low: FloatArray, high: FloatArray, kernel: FloatArray) -> FloatArray:
    """Each task on its own: kernel ridge regression around its mean; shape ``(T, A)``."""
    maps = np.empty((len(known), len(kernel)))
    for row, task in enumerate(known):
        utility = utility_of(task.score, low[row], high[row])
        gram = kernel[np.ix_(task.at, task.at)] + np.diag(task.noise + _RIDGE)
        centre = float(utility.mean())
        maps[row] = centre + kernel[:, task.at] @ np.linalg.solve(gram, utility - centre)
    result: FloatArray = np.clip(maps, LOWEST, HIGHEST)
    return result


def _expectation_maximisation(
    known: Sequence[KnownScores], start: _FirstMaps, kernel: FloatArray, *, n_rounds: int, noise: float
) -> CompletedMaps:
    maps = start.mean
    low = start.best - start.width
    known_high = np.array([max(float(task.score.max()), low[row]) for row, task in enumerate(known)])
    high = known_high.copy()
    variance = np.zeros_like(maps)
    spread_within = np.zeros_like(kernel)  # mean over tasks of their posterior covariance
    alike = _tried_alike(known)
    for _ in range(n_rounds):
        check_wanted()
        mean = maps.mean(axis=0)
        covariance = _covariance(maps - mean, spread_within, kernel)
        prior_variance = np.diag(covariance)
        updated = np.empty_like(maps)
        explained = _Explained(len(kernel))
        for rows in alike:
            check_wanted()
            at = known[rows[0]].at
            gram = covariance[np.ix_(at, at)] + np.diag(known[rows[0]].noise + noise)
            root = cho_factor(gram, lower=True, check_finite=False)[0]
            half = solve_triangular(root, covariance[at], lower=True, check_finite=False)  # (k, A)
            residual = np.array([utility_of(known[row].score, low[row], high[row]) for row in rows]) - mean[at]
            whitened = solve_triangular(root, residual.T, lower=True, check_finite=False)
            updated[rows] = mean + whitened.T @ half
            variance[rows] = prior_variance - (half**2).sum(axis=0)
            explained.add(half, n_times=len(rows))
        growth = np.minimum(updated.max(axis=1), MAX_GROWTH)
        high = np.maximum(known_high, low + (high - low) * growth)
        spread_within = covariance - explained.total() / len(known)
        maps = np.clip(updated, LOWEST, HIGHEST)
    prior = GaussianPrior(mean, covariance, noise)
    return CompletedMaps(maps, np.maximum(variance, 0.0), high, high - low, prior)


def _tried_alike(known: Sequence[KnownScores]) -> list[IntArray]:
    """Tasks that have tried the same anchors, by rows: what one matrix says of them is said once."""
    rows: dict[bytes, list[int]] = {}
    for row, task in enumerate(known):
        rows.setdefault(task.at.tobytes() + task.noise.tobytes(), []).append(row)
    return [np.array(some, dtype=np.intp) for some in rows.values()]


class _Explained:
    """The sum of ``H' H`` over many matrices ``(k, A)``, several at a time: one large product is far faster."""

    def __init__(self, n_anchors: int) -> None:
        self._sum = np.zeros((n_anchors, n_anchors), order="F")
        self._waiting: list[FloatArray] = []
        self._n_rows = 0

    def add(self, half: FloatArray, *, n_times: int) -> None:
        """Add ``n_times`` times ``half' half``."""
        self._waiting.append(half if n_times == 1 else np.sqrt(n_times) * half)
        self._n_rows += len(half)
        if self._n_rows >= _ROWS_AT_ONCE:
            self._sum_up()

    def total(self) -> FloatArray:
        """Shape ``(A, A)``, symmetric."""
        if self._waiting:
            self._sum_up()
        lower = np.tril(self._sum)
        total: FloatArray = lower + np.tril(lower, -1).T
        return total

    def _sum_up(self) -> None:
        rows = np.concatenate(self._waiting)  # by rows in memory: its transpose is what Fortran reads without a copy
        self._sum = blas.dsyrk(1.0, rows.T, beta=1.0, c=self._sum, lower=1, overwrite_c=1)
        self._waiting, self._n_rows = [], 0


def utility_of(score: FloatArray, low: float, high: float) -> FloatArray:
    """Signed scores as utilities, not negative; a constant task is as good everywhere.

    Rounded, so that the units of a score change nothing: trees would make much of the last bits.
    """
    if high - low <= 0.0:
        return np.ones_like(score)
    utility: FloatArray = np.maximum((score - low) / (high - low), 0.0)
    return utility.round(_DECIMALS)


def _covariance(centred: FloatArray, spread_within: FloatArray, kernel: FloatArray) -> FloatArray:
    shared = centred.T @ centred / len(centred) + spread_within
    scale = max(float(np.diag(shared).mean()), 1e-4)
    return (1.0 - OWN_SHARE) * shared + OWN_SHARE * scale * kernel
