"""Weights from predictions of known worth."""

import numpy as np
import pytest

from metamodel.embedding.calibration import calibrate


def test_good_predictions_are_trusted_in_their_direction_only() -> None:
    rng = np.random.default_rng(0)
    coordinates = rng.standard_normal((200, 2)) * np.array([1.0, 0.7])
    coordinates -= coordinates.mean(axis=0)
    predicted = np.stack([0.8 * coordinates[:, 0] + 0.4 * rng.standard_normal(200), rng.standard_normal(200)], axis=1)
    calibration = calibrate(coordinates, predicted)
    assert calibration.explained[0] == pytest.approx(0.75, abs=0.1)
    assert calibration.explained[1] < 0.05
    assert calibration.gain > 0.3
    assert calibration.uniform_share < 0.5


@pytest.mark.slow
def test_weighted_mean_of_many_tasks_is_the_posterior_mean() -> None:
    rng = np.random.default_rng(1)
    coordinates = rng.standard_normal((2000, 1))
    coordinates -= coordinates.mean()
    predicted = 0.5 * (coordinates + rng.standard_normal((2000, 1)))  # posterior mean of a signal of half the variance
    calibration = calibrate(coordinates, predicted)
    exponent = coordinates @ (calibration.pull * np.array([1.0])) - 0.5 * coordinates[:, 0] ** 2 * calibration.stiffness
    weights = np.exp(exponent - exponent.max())
    weights /= weights.sum()
    share = calibration.uniform_share
    assert (1.0 - share) * float(weights @ coordinates[:, 0]) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_predictions_worth_nothing_leave_weights_nearly_equal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coordinates = rng.standard_normal((40, 4))
    coordinates -= coordinates.mean(axis=0)
    calibration = calibrate(coordinates, 0.3 * rng.standard_normal((40, 4)))
    assert calibration.gain < 0.1


def test_constant_predictions_count_all_tasks_alike() -> None:
    coordinates = np.random.default_rng(2).standard_normal((30, 3))
    calibration = calibrate(coordinates - coordinates.mean(axis=0), np.zeros((30, 3)))
    assert calibration.uniform_share == 1.0
    assert (calibration.pull == 0.0).all()
    assert (calibration.stiffness == 0.0).all()
