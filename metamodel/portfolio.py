"""Greedy portfolios: configurations that together do well on most of the weighted tasks."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def greedy_portfolio(utility: FloatArray, weights: FloatArray, *, size: int) -> IntArray:
    """Pick the configurations that together promise the most.

    Each step adds the column with the largest weighted gain of the best utility so far. The gain is submodular, so at
    least ``1 - 1/e`` of the best portfolio's value is reached (Nemhauser, Wolsey and Fisher, 1978).

    Args:
        utility: Shape ``(n_tasks, n_configurations)``; 1 is a task's best.
        weights: Shape ``(n_tasks,)``, not negative.
        size: From 1 to ``n_configurations``.

    Returns:
        Shape ``(size,)``: distinct columns in pick order; ties go to the larger weighted mean, then to the lower column.
    """
    best = np.full(len(utility), utility.min(initial=0.0))
    tie_break = 1e-9 * (weights @ utility)
    picks = np.empty(size, dtype=np.intp)
    for step in range(size):
        gain = weights @ np.maximum(utility - best[:, None], 0.0) + tie_break
        gain[picks[:step]] = -np.inf
        picks[step] = gain.argmax()
        best = np.maximum(best, utility[:, picks[step]])
    return picks
