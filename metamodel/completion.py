"""Completing performance maps: an empirical Gaussian prior over all tasks, fitted by expectation-maximisation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

N_ROUNDS = 6
NOISE = 1e-3
OWN_SHARE = 0.1
_LOWEST, _HIGHEST = -0.3, 1.1
_MAX_GROWTH = 1.05


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
class CompletedMaps:
    """Maps of all tasks.

    Attributes:
        mean: Shape ``(T, A)``: utilities, 1 at a task's (expected) best, 0 at its worst known score.
        variance: Shape ``(T, A)``: of that estimate, not negative.
        best: Shape ``(T,)``: signed score of utility 1.
        width: Shape ``(T,)``: signed score difference between utilities 1 and 0; 0 for a constant task.
    """

    mean: FloatArray
    variance: FloatArray
    best: FloatArray
    width: FloatArray


def complete_maps(known: Sequence[KnownScores], low: FloatArray, high: FloatArray, kernel: FloatArray) -> CompletedMaps:
    """Estimate every task's utilities at all anchors.

    The prior is ``N(mean over tasks, (1 - s) covariance over tasks + s v K)`` with the share s `OWN_SHARE` of the mean
    variance v for what is a task's own. Each round conditions every task on what it knows (E), and takes mean and
    covariance anew (M). A task's unknown best is let to grow with the best that its map predicts.

    Args:
        known: ``T`` tasks, each with at least one score.
        low: Shape ``(T,)``: signed score of utility 0.
        high: Shape ``(T,)``: best known signed score.
        kernel: Shape ``(A, A)`` over anchors, ones on the diagonal.
    """
    n_anchors = len(kernel)
    low, high = low.copy(), high.copy()
    known_high = high.copy()
    maps = np.empty((len(known), n_anchors))
    variance = np.empty_like(maps)
    for row, task in enumerate(known):
        utility = _utility(task.score, low[row], high[row])
        gram = kernel[np.ix_(task.at, task.at)] + np.diag(task.noise + 1e-2)
        centre = float(utility.mean())
        maps[row] = centre + kernel[:, task.at] @ np.linalg.solve(gram, utility - centre)
    maps = np.clip(maps, _LOWEST, _HIGHEST)
    for _ in range(N_ROUNDS):
        mean = maps.mean(axis=0)
        covariance = _covariance(maps - mean, kernel)
        updated = np.empty_like(maps)
        for row, task in enumerate(known):
            utility = _utility(task.score, low[row], high[row])
            cross = covariance[:, task.at]
            gram = covariance[np.ix_(task.at, task.at)] + np.diag(task.noise + NOISE)
            factor = cho_factor(gram, lower=True, check_finite=False)
            solved = cho_solve(factor, np.column_stack([utility - mean[task.at], cross.T]), check_finite=False)
            updated[row] = mean + cross @ solved[:, 0]
            variance[row] = np.diag(covariance) - (cross * solved[:, 1:].T).sum(axis=1)
            growth = min(float(updated[row].max()), _MAX_GROWTH)
            high[row] = max(known_high[row], low[row] + (high[row] - low[row]) * growth)
        maps = np.clip(updated, _LOWEST, _HIGHEST)
    return CompletedMaps(maps, np.maximum(variance, 0.0), high, high - low)


def _utility(score: FloatArray, low: float, high: float) -> FloatArray:
    """Signed scores as utilities; a constant task is as good everywhere."""
    if high - low <= 0.0:
        return np.ones_like(score)
    return np.maximum((score - low) / (high - low), 0.0)


def _covariance(centred: FloatArray, kernel: FloatArray) -> FloatArray:
    shared = centred.T @ centred / len(centred)
    scale = max(float(np.diag(shared).mean()), 1e-4)
    return (1.0 - OWN_SHARE) * shared + OWN_SHARE * scale * kernel
