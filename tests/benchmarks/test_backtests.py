"""Several backtests as one."""

import numpy as np
import pytest

from benchmarks.backtests import average, joined
from metamodel.backtest.replay import Method
from tests.metamodel.curves import falling, make_backtest
from warmtune.vocabulary.errors import InvalidInputError


def test_histories_are_averaged_task_by_task() -> None:
    one, other = falling(4, 3), falling(4, 3)
    together = average([make_backtest(adaptive=one), make_backtest(adaptive=other)])
    np.testing.assert_allclose(together.regret[Method.ADAPTIVE], (one + other) / 2, atol=2e-6)


def test_only_backtests_of_the_same_targets_go_together() -> None:
    one, other = make_backtest(adaptive=falling(4, 3)), make_backtest(random=falling(5, 3))
    with pytest.raises(InvalidInputError):
        average([one, other])
    with pytest.raises(InvalidInputError):
        joined(one, other)
    with pytest.raises(InvalidInputError):
        average([])


def test_joined_backtests_have_the_methods_of_both() -> None:
    both = joined(make_backtest(adaptive=falling(4, 3)), make_backtest(random=falling(4, 9)))
    assert list(both.regret) == [Method.RANDOM, Method.ADAPTIVE]
    assert both.checkpoints() == (1, 2, 3, 5)
