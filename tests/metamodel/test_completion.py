"""Expectation-maximisation over many tasks at once, against the same written out task by task."""

import numpy as np
import pytest

from metamodel.maps.completion import HIGHEST, LOWEST, MIN_TASKS_TO_POOL, NOISE, OWN_SHARE, KnownScores, complete_maps
from metamodel.maps.kernels import gaussian_kernel
from warmtune.vocabulary.arrays import FloatArray

N_ANCHORS = 30


@pytest.mark.parametrize("n_tried", [7, N_ANCHORS])
@pytest.mark.parametrize("share", [False, True])
def test_maps_are_those_of_each_task_conditioned_alone(n_tried: int, share: bool) -> None:
    """Few enough tasks that no trees take part; with and without tasks that have tried the same."""
    rng = np.random.default_rng(0)
    features = rng.random((N_ANCHORS, 3))
    kernel = gaussian_kernel(features, features)
    directions = 0.2 * rng.normal(size=(2, N_ANCHORS))
    same = rng.permutation(N_ANCHORS)[:n_tried]
    known = []
    for row in range(MIN_TASKS_TO_POOL - 1):
        at = same if share and row else rng.permutation(N_ANCHORS)[:n_tried]
        noise = np.full(n_tried, 0.02 if row == 1 else 0.0)  # alike but for the noise: a matrix of its own
        known.append(KnownScores(at, 0.5 + rng.normal(size=2) @ directions[:, at], noise))
    low = np.array([task.score.min() for task in known])
    high = np.array([task.score.max() for task in known])

    completed = complete_maps(known, (low, high), features, kernel, seed=0)

    mean, variance, best = _written_out(known, low, high, kernel)
    np.testing.assert_allclose(completed.mean, mean, atol=1e-9)
    np.testing.assert_allclose(completed.variance, variance, atol=1e-9)
    np.testing.assert_allclose(completed.best, best, atol=1e-9)


def _written_out(
    known: list[KnownScores], low: FloatArray, high: FloatArray, kernel: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    maps = np.array([_ridge(task, low[t], high[t], kernel) for t, task in enumerate(known)])
    within, best = np.zeros_like(kernel), high.copy()
    variance = np.zeros_like(maps)
    for _ in range(3):
        mean = maps.mean(axis=0)
        shared = (maps - mean).T @ (maps - mean) / len(maps) + within
        covariance = (1 - OWN_SHARE) * shared + OWN_SHARE * max(np.diag(shared).mean(), 1e-4) * kernel
        within, updated = np.zeros_like(kernel), np.empty_like(maps)
        for t, task in enumerate(known):
            utility = np.maximum((task.score - low[t]) / (best[t] - low[t]), 0.0)
            gram = covariance[np.ix_(task.at, task.at)] + np.diag(task.noise + NOISE)
            gain = covariance[:, task.at] @ np.linalg.inv(gram)
            updated[t] = mean + gain @ (utility - mean[task.at])
            posterior = covariance - gain @ covariance[task.at]
            variance[t] = np.diag(posterior)
            within += posterior / len(known)
            best[t] = max(high[t], low[t] + (best[t] - low[t]) * min(updated[t].max(), 1.05))
        maps = np.clip(updated, LOWEST, HIGHEST)
    return maps, np.maximum(variance, 0.0), best


def _ridge(task: KnownScores, low: float, high: float, kernel: FloatArray) -> FloatArray:
    utility = (task.score - low) / (high - low)
    gram = kernel[np.ix_(task.at, task.at)] + np.diag(task.noise + 1e-2)
    centre = utility.mean()
    ridge: FloatArray = np.clip(centre + kernel[:, task.at] @ np.linalg.solve(gram, utility - centre), LOWEST, HIGHEST)
    return ridge
