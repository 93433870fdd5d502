"""The expert whose scale comes from the trials: its evidence against full matrices, and from when on it counts."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.own_trials import NOISES, SMOOTHNESS, log_evidence_alone
from metamodel.maps.prior import TaskPrior, believed, condition
from metamodel.maps.scale import ScalePrior
from warmtune.vocabulary.arrays import FloatArray

RNG = np.random.default_rng(0)
N_TASKS, N_POINTS = 12, 20
EIGHT = 8


def _log_evidence(features: FloatArray, scores: FloatArray) -> float:
    """By full matrices: the most likely variance, the mean over length scales and noises, the price of two numbers."""
    k = len(scores)
    centre = np.median(scores)
    above = scores[scores >= centre] - centre
    spread = np.sqrt((above**2).mean())
    z = (scores - centre) / spread
    each = []
    for power in SMOOTHNESS:
        for noise in NOISES:
            covariance = gaussian_kernel(features, features) ** power + 1.0 + noise * np.eye(k)
            variance = float(z @ np.linalg.solve(covariance, z)) / k
            each.append(multivariate_normal.logpdf(z, np.zeros(k), variance * covariance))
    mean = np.logaddexp.reduce(each) - np.log(len(each))
    return float(mean + 0.5 * k * np.log(2.0 * np.pi) - k * np.log(spread) - np.log(k))


@pytest.mark.parametrize("k", [3, 8, 15])
def test_its_evidence_is_that_of_full_matrices_less_the_price_of_location_and_spread(k: int) -> None:
    features, scores = RNG.random((k, 2)), 7.0 * RNG.normal(size=k) - 40.0
    assert log_evidence_alone(features, scores) == pytest.approx(_log_evidence(features, scores), rel=1e-9)


def test_a_very_bad_score_counts_in_full() -> None:
    features, scores = RNG.random((9, 2)), np.append(RNG.normal(size=8), -1e4)
    assert log_evidence_alone(features, scores) == pytest.approx(_log_evidence(features, scores), rel=1e-9)


def _prior() -> TaskPrior:
    maps = RNG.uniform(0.0, 1.0, size=(N_TASKS, N_POINTS))
    maps[:, 0] = 1.0
    uniform = np.full(N_TASKS, 1.0 / N_TASKS)
    low, high = maps.min(axis=1), maps.max(axis=1)
    return TaskPrior(maps, uniform, uniform, RNG.random((N_POINTS, 2)), ScalePrior.of_tasks(high, high - low, uniform))


def test_it_is_heard_from_the_eighth_trial_on() -> None:
    """Scores of a thousand times the past's scale: nothing else expects them."""
    prior = _prior()
    scores = 1e3 * np.sin(np.arange(EIGHT, dtype=np.float64))
    early = condition(prior, np.arange(EIGHT - 1), scores[:-1])
    late = condition(prior, np.arange(EIGHT), scores)
    widths = prior.scale.width
    assert np.isin(early.width, widths).all()
    assert float(late.weight[~np.isin(late.width, widths)].sum()) > 0.99
    assert believed(prior, np.arange(EIGHT), scores).nothing > 0.99


def test_where_the_past_is_right_it_has_hardly_a_say() -> None:
    prior = _prior()
    found = condition(prior, np.arange(1, EIGHT + 4), prior.maps[3, 1 : EIGHT + 4])
    assert float(found.weight[~np.isin(found.width, prior.scale.width)].sum()) < 0.015
