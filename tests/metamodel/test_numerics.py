"""The engine's numbers against closed forms, quadrature and each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import logistic, norm

from metamodel.answers.portfolio import greedy_portfolio
from metamodel.maps.completion import KnownScores, complete_maps
from metamodel.maps.improvement import expected_gain, log_expected_improvement
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.prior import TaskPrior, condition
from metamodel.maps.scale import ScalePrior
from metamodel.space.cube import UnitCube
from metamodel.space.design import around, space_filling
from tests.metamodel.synthetic import SPACE, true_scores


@pytest.mark.parametrize(("difference", "scale"), [(-0.5, 1.0), (1.0, 0.3), (-1.0, 0.5), (0.0, 0.05)])
def test_expected_gain_is_the_integral(difference: float, scale: float) -> None:
    reach = max(-difference, 0.0)
    integral, _ = quad(lambda e: (difference + e) * logistic.pdf(e, 0.0, scale), -difference, reach + 40.0 * scale)
    assert expected_gain(np.array([difference]), scale)[0] == pytest.approx(integral, rel=1e-6)


def test_expected_gain_is_finite_far_away() -> None:
    assert expected_gain(np.array([-1e6, 1e6]), 1e-4).tolist() == [0.0, 1e6]


@pytest.mark.parametrize("mean", [0.5, -1.0, -4.9, -5.1])
def test_log_expected_improvement_is_the_integral(mean: float) -> None:
    integral, _ = quad(lambda u: u * norm.pdf(u, mean, 1.0), 0.0, 20.0, epsabs=0.0)
    assert log_expected_improvement(np.array([mean]), np.ones(1), 0.0)[0] == pytest.approx(np.log(integral), rel=1e-3)


def test_log_expected_improvement_never_underflows() -> None:
    logged = log_expected_improvement(np.array([-4.9, -5.1, -30.0, -1e4]), np.ones(4), 0.0)
    assert np.isfinite(logged).all() and (np.diff(logged) < 0).all()


def test_kernel_is_positive_definite_on_a_conditional_space() -> None:
    cube = UnitCube(SPACE)
    features = cube.features(*cube.encode(space_filling(SPACE, 128, seed=1)))
    gram = gaussian_kernel(features, features)
    assert np.linalg.eigvalsh(gram).min() > -1e-9
    assert np.allclose(np.diag(gram), 1.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
@pytest.mark.slow
def test_designs_are_valid_and_cubes_invert(seed: int) -> None:
    default = SPACE.default_configuration()
    assert default is not None
    cube = UnitCube(SPACE)
    for configuration in [*space_filling(SPACE, 4, seed=seed), *around(SPACE, default, 4, seed=seed)]:
        assert SPACE.validate(configuration) == configuration
        again = cube.decode(cube.encode([configuration])[0])[0]
        assert again["depth"] == configuration["depth"]
        assert again["rate"] == pytest.approx(configuration["rate"])
        assert set(again) == set(configuration)


def test_designs_grow_at_their_end() -> None:
    assert space_filling(SPACE, 20, seed=5)[:7] == space_filling(SPACE, 7, seed=5)


def test_completion_keeps_what_is_known_and_beats_the_task_mean() -> None:
    rng = np.random.default_rng(0)
    configurations = tuple(space_filling(SPACE, 40, seed=2))
    cube = UnitCube(SPACE)
    features = cube.features(*cube.encode(configurations))
    truth = np.array([true_scores(o, configurations) for o in rng.uniform(0.1, 0.9, 25)])
    known = []
    for row in truth:
        at = rng.permutation(40)[:10]
        known.append(KnownScores(at, row[at], np.zeros(10)))
    low = np.array([k.score.min() for k in known])
    high = np.array([k.score.max() for k in known])
    maps = complete_maps(known, (low, high), features, gaussian_kernel(features, features), seed=0)
    predicted = maps.best[:, None] - maps.width[:, None] * (1.0 - maps.mean)
    for row, task in enumerate(known):
        assert np.allclose(predicted[row, task.at], task.score, atol=0.08)
    error = np.sqrt(((predicted - truth) ** 2).mean())
    assert error < 0.5 * np.sqrt(((truth - truth.mean(axis=1, keepdims=True)) ** 2).mean())
    assert (maps.variance >= 0.0).all()
    assert maps.variance[0, known[0].at].mean() < maps.variance[0].mean()


def test_portfolio_without_residual_reaches_the_submodular_bound() -> None:
    rng = np.random.default_rng(0)
    raw = rng.random((12, 9))
    utility = 1.0 - np.sqrt(1.0 - raw)  # regret counts by its square root
    weights = np.full(12, 1 / 12)
    picks = greedy_portfolio(raw, weights, np.eye(9), size=3)
    value = weights @ utility[:, picks].max(axis=1)
    best = max(float(weights @ utility[:, [a, b, c]].max(axis=1)) for a in range(9) for b in range(a) for c in range(b))
    assert value >= (1 - 1 / np.e) * best
    assert len(set(picks.tolist())) == 3
    assert picks[0] == (weights @ utility).argmax()


def test_being_near_the_best_on_most_tasks_beats_being_less_bad_where_nothing_is_good() -> None:
    steady = np.array([0.90, 0.90, 0.90, 0.90, 0.20])
    spread = np.array([0.84, 0.84, 0.84, 0.84, 0.50])
    weights = np.full(5, 0.2)
    assert spread.mean() > steady.mean()
    assert greedy_portfolio(np.column_stack([spread, steady]), weights, np.eye(2), size=1).tolist() == [1]


def test_first_pick_stays_with_the_reference_unless_the_gain_is_clear() -> None:
    rng = np.random.default_rng(0)
    reference = np.full((12, 1), 0.6)
    clear, noisy = np.full((12, 1), 0.7), 0.605 + rng.normal(0.0, 0.2, (12, 1))
    noisy += 0.605 - noisy.mean()
    weights, size = np.full(12, 1 / 12), 1
    assert greedy_portfolio(np.hstack([reference, noisy]), weights, np.eye(2), size=size).tolist() == [1]
    assert greedy_portfolio(np.hstack([reference, noisy]), weights, np.eye(2), size=size, reference=0).tolist() == [0]
    assert greedy_portfolio(np.hstack([reference, clear]), weights, np.eye(2), size=size, reference=0).tolist() == [1]


def prior_of(maps: np.ndarray) -> TaskPrior:
    n = len(maps)
    uniform = np.full(n, 1 / n)
    features = np.linspace(0, 1, maps.shape[1])[:, None]
    scale = ScalePrior.of_tasks(np.full(n, 0.9), np.linspace(0.2, 0.4, n), uniform)
    return TaskPrior(maps, uniform, uniform, features, scale)


def test_posterior_passes_through_what_was_seen() -> None:
    rng = np.random.default_rng(1)
    maps = np.clip(rng.normal(0.6, 0.2, (10, 15)), 0.0, 1.0)
    seen = np.array([2, 9])
    posterior = condition(prior_of(maps), seen, np.array([0.8, 0.6]))
    assert posterior.weight.sum() == pytest.approx(1.0)
    assert np.allclose(posterior.expected()[seen], [0.8, 0.6], atol=0.03)
    assert (posterior.sd > 0).all() and np.isfinite(posterior.mean).all()


def test_posterior_moves_with_the_scores_units() -> None:
    rng = np.random.default_rng(1)
    maps = np.clip(rng.normal(0.6, 0.2, (10, 15)), 0.0, 1.0)
    prior = prior_of(maps)
    scale = ScalePrior(
        prior.scale.width * 100, prior.scale.log_weight, prior.scale.best_mean * 100 - 7, prior.scale.best_sd * 100
    )
    moved = TaskPrior(prior.maps, prior.near, prior.uniform, prior.features, scale)
    seen, scores = np.array([2, 9, 4]), np.array([0.8, 0.6, 0.75])
    one = condition(prior, seen, scores).log_expected_improvement(0.8)
    other = condition(moved, seen, 100 * scores - 7).log_expected_improvement(73.0)
    assert np.allclose(one + np.log(100), other, atol=1e-6)


def test_tasks_that_disagree_lose_weight() -> None:
    maps = np.tile(np.linspace(0.0, 1.0, 12), (8, 1))
    falling = 0.9 - 0.3 * np.linspace(0.0, 1.0, 12)  # the opposite of every past task
    seen = np.array([0, 4, 8, 11])
    posterior = condition(prior_of(maps), seen, falling[seen])
    assert posterior.expected()[1] > posterior.expected()[10]


def test_the_best_score_is_regressed_on_the_logarithm_of_the_width() -> None:
    """Closed form: tasks on a line of slope 2; a ridge of 0.1 squared draws the slope towards 0."""
    width = np.exp(np.array([-3.0, -2.0, -1.0]))
    scale = ScalePrior.of_tasks(5.0 + 2.0 * np.log(width), width, np.array([0.25, 0.5, 0.25]))
    variance = 0.5
    slope = 2.0 * variance / (variance + 0.01)
    log_grid = np.log(scale.width)
    assert_allclose(log_grid[[0, -1]], -2.0 + 2.2 * (np.sqrt(variance) + 0.1) * np.array([-1.0, 1.0]))
    assert_allclose(scale.best_mean, 1.0 + slope * (log_grid + 2.0))
    assert_allclose(scale.best_sd, (2.0 - slope) * np.sqrt(variance))
    assert_allclose(np.exp(scale.log_weight).sum(), 1.0)
    assert scale.log_weight.argmax() in (5, 6)  # the middle of twelve


def test_constant_tasks_say_nothing_of_the_width() -> None:
    best, width = np.array([0.9, 0.8, 0.7]), np.array([0.2, 0.0, 0.4])
    with_constant = ScalePrior.of_tasks(best, width, np.array([0.25, 0.5, 0.25]))
    without = ScalePrior.of_tasks(best[[0, 2]], width[[0, 2]], np.array([0.5, 0.5]))
    assert_allclose(with_constant.width, without.width)
    assert_allclose(with_constant.best_mean, without.best_mean)
    assert ScalePrior.of_tasks(best, np.zeros(3), np.full(3, 1 / 3)).best_sd > 0.0
