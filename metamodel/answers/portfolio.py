"""Greedy portfolios: configurations that together do well on most of the weighted tasks."""

from dataclasses import dataclass

import numpy as np

from metamodel.answers.weights import heaviest
from metamodel.maps.improvement import expected_gain
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.work import check_wanted

RESIDUAL_SD = 0.1
"""How far, in warped utility, the asked task may be from the past task that it is like."""
CAUTION = 0.5
MAX_TASKS = 256
CHUNK = 32


@dataclass(frozen=True, slots=True)
class FirstChoice:
    """What a portfolio may begin with.

    Attributes:
        safe: Shape ``(n_configurations,)``: what the first pick may be, the reference in any case.
        merit: Shape ``(n_configurations,)``: what it has most of; None: the cautious gain over the reference.
    """

    safe: BoolArray
    merit: FloatArray | None = None


def greedy_portfolio(
    utility: FloatArray,
    weights: FloatArray,
    kernel: FloatArray,
    *,
    size: int,
    reference: int | None = None,
    first_choice: FirstChoice | None = None,
    durations_s: FloatArray | None = None,
    budget_s: float | None = None,
) -> IntArray:
    """Pick the configurations whose best is expected to be highest.

    Utilities are warped first: a task's regret counts by its square root, so that coming closer to the best counts on
    every task, and the few on which nothing does well don't decide alone. The asked task is taken to be like one of
    the past tasks, up to a residual with the standard deviation `RESIDUAL_SD`, logistic, and the more correlated the
    nearer configurations are. The first pick has the highest weighted mean; against a
    reference, the highest gain over it less `CAUTION` standard errors, so that the reference stays unless something is
    better by more than chance explains. Each further pick adds the most expected improvement over the best so far,
    which also keeps it away from what is picked. Without residual this is greedy maximisation of a submodular value,
    within ``1 - 1/e`` of the best portfolio (Nemhauser, Wolsey and Fisher, 1978). With a budget, each step adds the
    most per second among what still fits.

    Args:
        utility: Shape ``(n_tasks, n_configurations)``; 1 is a task's best.
        weights: Shape ``(n_tasks,)``, not negative; the `MAX_TASKS` largest count, so that cost stays flat.
        kernel: Shape ``(n_configurations, n_configurations)``: correlation of the residual.
        size: From 1 to ``n_configurations``.
        reference: The column of the library's default, which the first pick must beat; None where there is none.
        first_choice: What the first pick may be, and what it has most of; None: anything, by the gain said above.
        durations_s: Shape ``(n_configurations,)``, NaN where unknown (taken as the median); used with a budget.
        budget_s: Seconds that the picks may take together; the first pick may break it alone.

    Returns:
        Distinct columns in pick order, `size` of them or as many as the budget holds, at least one; ties go to the
        lower column.
    """
    kept = heaviest(weights, MAX_TASKS)
    utility, weights = warped(utility[kept]), weights[kept]
    cost, left_s = _costs(durations_s, budget_s, utility.shape[1])
    merit = None if first_choice is None else first_choice.merit
    promise = first_promise(utility, weights, reference) if merit is None else merit
    first = (promise - promise.min() + 1e-9) / cost  # positive, so that it can be divided by a cost
    if first_choice is not None and (first_choice.safe & (cost <= left_s)).any():
        first[~first_choice.safe] = -np.inf
    first[cost > left_s] = -np.inf
    picks = [int(first.argmax()) if np.isfinite(first).any() else int(cost.argmin())]  # if nothing fits, the cheapest
    bound = np.full(utility.shape[1], np.inf)
    while len(picks) < size:
        check_wanted()
        left_s -= float(cost[picks[-1]])
        bound[picks[-1]] = -np.inf
        bound[cost > left_s] = -np.inf
        best = utility[:, picks].max(axis=1)
        closeness = kernel[picks].max(axis=0)
        fresh = np.isneginf(bound)
        # A pick can only lower what others still gain, so that old gains are upper bounds (Minoux 1978).
        while not fresh[bound.argmax()]:
            stale = np.flatnonzero(~fresh)
            at = stale[np.argsort(-bound[stale], kind="stable")[: CHUNK if np.isfinite(bound[stale]).all() else None]]
            bound[at] = _gain(utility[:, at], weights, best, closeness[at]) / cost[at]
            fresh[at] = True
        pick = int(bound.argmax())
        if not np.isfinite(bound[pick]):
            break
        picks.append(pick)
    return np.array(picks, dtype=np.intp)


def warped(utility: FloatArray) -> FloatArray:
    """``1 - sqrt(1 - u)`` of utilities up to 1: half way to the best is worth 0.29, the last tenth 0.32."""
    result: FloatArray = 1.0 - np.sqrt(np.maximum(1.0 - utility, 0.0))
    return result


def first_promise(utility: FloatArray, weights: FloatArray, reference: int | None) -> FloatArray:
    """Weighted mean of each column, or its cautious gain over the reference (0 for that itself); shape ``(m,)``."""
    if reference is None:
        mean: FloatArray = weights @ utility
        return mean
    difference = utility - utility[:, [reference]]
    weights = weights / max(float(weights.sum()), 1e-300)
    gain: FloatArray = weights @ difference
    variance = weights @ (difference - gain) ** 2
    cautious: FloatArray = gain - CAUTION * np.sqrt(variance * (weights**2).sum())
    return cautious


def _gain(utility: FloatArray, weights: FloatArray, best: FloatArray, closeness: FloatArray) -> FloatArray:
    """Expected improvement of columns ``(T, m)`` over the tasks' best ``(T,)``; shape ``(m,)``."""
    scale = RESIDUAL_SD * np.sqrt(3.0) / np.pi * np.sqrt(np.maximum(1.0 - closeness**2, 1e-6))
    # single precision: half the time, and far finer than what maps are known to
    gains = expected_gain((utility - best[:, None]).astype(np.float32), scale.astype(np.float32))
    gain: FloatArray = weights @ gains.astype(np.float64)
    return gain


def _costs(durations_s: FloatArray | None, budget_s: float | None, n: int) -> tuple[FloatArray, float]:
    """Seconds of each configuration and in all; ones and infinity without a budget or any known duration."""
    if budget_s is None or durations_s is None or not np.isfinite(durations_s).any():
        return np.ones(n), np.inf
    known = np.isfinite(durations_s)
    return np.maximum(np.where(known, durations_s, np.median(durations_s[known])), 1e-3), budget_s
