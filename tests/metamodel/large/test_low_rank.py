"""The prior in few directions, against the whole one."""

from collections.abc import Sequence

import numpy as np
import pytest

from metamodel.maps.completion import HIGHEST, LOWEST, CompletedMaps, GaussianPrior, KnownScores, complete_maps
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.low_rank import BLOCK, LowRankPrior
from warmtune.vocabulary.arrays import FloatArray

N_ANCHORS = 40


def sampled(n_tasks: int, *, seed: int = 0) -> tuple[list[KnownScores], FloatArray, FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    features = rng.random((N_ANCHORS, 3))
    directions = 0.2 * rng.normal(size=(2, N_ANCHORS))
    known = []
    for row in range(n_tasks):
        at = rng.permutation(N_ANCHORS)[: 3 + row % 9]
        noise = np.full(len(at), 0.01 * (row % 3))
        known.append(KnownScores(at, 0.5 + rng.normal(size=2) @ directions[:, at], noise))
    bounds = np.array([[task.score.min(), task.score.max()] for task in known])
    return known, bounds[:, 0], bounds[:, 1], features


def completed_maps(known: Sequence[KnownScores], low: FloatArray, high: FloatArray, x: FloatArray) -> CompletedMaps:
    return complete_maps(known, (low, high), x, gaussian_kernel(x, x), seed=0)


def conditioned(
    prior: LowRankPrior, known: Sequence[KnownScores], low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    mean, variance, best = np.empty((len(known), N_ANCHORS)), np.empty((len(known), N_ANCHORS)), np.empty(len(known))
    for rows, some in prior.condition(known, low, high):
        mean[rows], variance[rows], best[rows] = some.mean(), some.variance(), some.best
    return mean, variance, best


@pytest.mark.slow
def test_with_all_directions_it_is_gaussian_conditioning() -> None:
    known, low, high, features = sampled(BLOCK + 30)  # two blocks, padded to different lengths
    whole = completed_maps(known, low, high, features).prior
    mean, variance, best = conditioned(LowRankPrior.of(whole, rank=N_ANCHORS), known, low, high)
    for row in (0, 7, 100, BLOCK + 29):
        task = known[row]
        gram = whole.covariance[np.ix_(task.at, task.at)] + np.diag(task.noise + whole.noise)
        gain = whole.covariance[:, task.at] @ np.linalg.inv(gram)
        grown = high[row]
        for _ in range(3):
            utility = np.maximum((task.score - low[row]) / (grown - low[row]), 0.0)
            expected = whole.mean + gain @ (utility - whole.mean[task.at])
            grown = max(high[row], low[row] + (grown - low[row]) * min(expected.max(), 1.05))
        np.testing.assert_allclose(mean[row], np.clip(expected, LOWEST, HIGHEST), atol=1e-6)
        np.testing.assert_allclose(
            variance[row], np.diag(whole.covariance - gain @ whole.covariance[task.at]), atol=1e-8
        )
        assert best[row] == pytest.approx(grown)


def test_few_directions_are_near_the_maps_that_all_directions_give() -> None:
    known, low, high, features = sampled(60)
    whole = completed_maps(known, low, high, features).prior
    exact, exact_variance, _ = conditioned(LowRankPrior.of(whole, rank=N_ANCHORS), known, low, high)
    errors = []
    for rank in (2, 6, 12):
        mean, variance, _ = conditioned(LowRankPrior.of(whole, rank=rank), known, low, high)
        errors.append(float(np.sqrt(((mean - exact) ** 2).mean())))
        assert (variance > 0.0).all()
        ratio = float(np.median(variance / exact_variance))
    assert ratio == pytest.approx(1.0, abs=0.15)
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.05


def test_what_the_directions_leave_is_independent_variance() -> None:
    rng = np.random.default_rng(2)
    root = rng.normal(size=(N_ANCHORS, N_ANCHORS))
    whole = GaussianPrior(np.zeros(N_ANCHORS), root @ root.T, 1e-3)
    prior = LowRankPrior.of(whole, rank=5)
    total = (prior.loadings**2).sum(axis=1) + prior.residual
    np.testing.assert_allclose(total, np.diag(whole.covariance))
    assert (prior.residual >= 0.0).all()


def test_a_constant_task_has_no_width() -> None:
    known, low, high, features = sampled(20)
    prior = LowRankPrior.of(completed_maps(known, low, high, features).prior)
    same = KnownScores(np.array([1, 5, 9]), np.full(3, 0.7), np.zeros(3))
    [(_, some)] = prior.condition([same], np.array([0.7]), np.array([0.7]))
    assert some.width.tolist() == [0.0]
    assert some.best.tolist() == [0.7]
    assert np.isfinite(some.mean()).all()
