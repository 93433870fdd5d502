"""Whether a version is worse than another: over tasks of both, and only where there are enough of them."""

import numpy as np
import pytest

from learning.refit.comparison import MIN_TASKS, compare, turned
from metamodel.backtest.result import Backtest
from tests.metamodel.curves import make_backtest
from warmtune.vocabulary.model_version import Comparison


def backtest(n_tasks: int, regret: float) -> Backtest:
    return make_backtest(adaptive=np.full((n_tasks, 20), regret))


def compared(n_own: int, n_other: int) -> Comparison | None:
    return compare(backtest(n_own, 0.3), backtest(n_other, 0.1), version="before", margin=0.05)


def test_as_many_tasks_as_are_needed_are_enough() -> None:
    found = compared(MIN_TASKS, MIN_TASKS + 3)
    assert found is not None
    assert (found.other, found.n_tasks, found.margin) == ("before", MIN_TASKS, 0.05)
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.2, 0.2))
    assert found.is_worse
    assert compared(MIN_TASKS - 1, MIN_TASKS + 3) is None


def test_without_adaptive_suggestions_there_is_nothing_to_compare() -> None:
    other = make_backtest(random=np.full((8, 20), 0.1))
    assert compare(backtest(8, 0.3), other, version="before", margin=0.05) is None


def test_seen_from_the_other_version_the_difference_is_turned() -> None:
    found = compared(8, 8)
    assert found is not None
    back = turned(found, other="after")
    assert (back.other, back.difference, back.low, back.high) == ("after", -found.difference, -found.high, -found.low)
    assert not back.is_worse
