"""Backtests from curves of regret."""

import numpy as np
from numpy.typing import NDArray

from metamodel.backtest.replay import Method
from metamodel.backtest.result import Backtest
from warmtune.vocabulary.metrics import Direction

RNG = np.random.default_rng(0)


def make_backtest(**curves: object) -> Backtest:
    """A backtest of the methods named, each with its curves ``(T, N)``."""
    regret = {Method[name.upper()]: np.asarray(values, dtype=float) for name, values in curves.items()}
    n_tasks = len(next(iter(regret.values())))
    return Backtest("accuracy", Direction.MAXIMIZE, tuple(f"t{i}" for i in range(n_tasks)), regret)


def falling(n_tasks: int, n_trials: int) -> NDArray[np.float64]:
    """Random curves ``(n_tasks, n_trials)`` that never rise."""
    return np.minimum.accumulate(RNG.random((n_tasks, n_trials)), axis=1)
