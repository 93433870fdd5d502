"""What a suggestion says of its own regret and uncertainty."""

import numpy as np
import pytest

from metamodel.answers.suggestions import _describe
from metamodel.maps.posterior import Posterior

# two beliefs about three configurations: the task's width is 0.25 * 2 + 0.75 * 6 = 5
BELIEFS = Posterior(
    np.array([0.25, 0.75]),
    np.array([2.0, 6.0]),
    np.array([[1.0, 3.0, 2.0], [1.0, 5.0, 4.0]]),
    np.array([[0.4, 2.0, 2.0], [0.8, 6.0, 60.0]]),
)


def test_regret_and_uncertainty_are_in_widths_of_the_task() -> None:
    first = _describe({"x": 1}, BELIEFS, 0, rank=7)
    assert (first.rank, first.configuration) == (7, {"x": 1})
    assert first.expected_regret == pytest.approx((4.5 - 1.0) / 5.0)  # expected: 1.0, 4.5, 3.5
    assert first.uncertainty == pytest.approx(np.sqrt(0.25 * 0.4**2 + 0.75 * 0.8**2) / 5.0)


def test_the_best_has_no_regret_and_uncertainty_is_one_at_most() -> None:
    assert _describe({"x": 1}, BELIEFS, 1, rank=1).expected_regret == 0.0
    assert _describe({"x": 1}, BELIEFS, 2, rank=1).uncertainty == 1.0
