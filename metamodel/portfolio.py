"""Greedy portfolios: configurations that together do well on most of the weighted tasks."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def greedy_portfolio(
    utility: FloatArray,
    weights: FloatArray,
    *,
    size: int,
    durations_s: FloatArray | None = None,
    budget_s: float | None = None,
) -> IntArray:
    """Pick the configurations that together promise the most.

    Each step adds the column with the largest weighted gain of the best utility so far. The gain is submodular, so at
    least ``1 - 1/e`` of the best portfolio's value is reached (Nemhauser, Wolsey and Fisher, 1978). With a budget, each
    step adds the largest gain per second among what still fits (Sviridenko 2004 discusses its guarantee).

    Args:
        utility: Shape ``(n_tasks, n_configurations)``; 1 is a task's best.
        weights: Shape ``(n_tasks,)``, not negative.
        size: From 1 to ``n_configurations``.
        durations_s: Shape ``(n_configurations,)``, NaN where unknown (taken as the median); used with a budget.
        budget_s: Seconds that the picks may take together; the first pick may break it alone.

    Returns:
        Distinct columns in pick order, `size` of them or as many as the budget holds, at least one; ties go to the
        larger weighted mean, then to the lower column.
    """
    best = np.full(len(utility), min(float(utility.min()), 0.0))
    tie_break = 1e-9 * (weights @ utility)
    cost = np.ones(utility.shape[1])
    if budget_s is not None and durations_s is not None and np.isfinite(durations_s).any():
        cost = np.where(np.isfinite(durations_s), durations_s, np.nanmedian(durations_s))
        cost = np.maximum(cost, 1e-3)
    picks: list[int] = []
    left_s = np.inf if budget_s is None else budget_s
    while len(picks) < size:
        rate = (weights @ np.maximum(utility - best[:, None], 0.0) + tie_break) / cost
        rate[picks] = -np.inf
        if budget_s is not None:
            rate[cost > left_s] = -np.inf
            if not picks and not np.isfinite(rate).any():
                rate = -cost  # nothing fits: the cheapest
        pick = int(rate.argmax())
        if not np.isfinite(rate[pick]):
            break
        picks.append(pick)
        left_s -= float(cost[pick])
        best = np.maximum(best, utility[:, pick])
    return np.array(picks, dtype=np.intp)
