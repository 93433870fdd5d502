"""Which tasks of a large past the prior is learned on."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import FloatArray, IntArray

CORE_TASKS: Final = 600
"""More past tasks than these are conditioned on a prior that so many of them teach; as many as the embedding learns
from. With fewer, all of them teach it."""


def choose_core(kinds: NDArray[Any], n_trials: NDArray[Any], shares: FloatArray, *, n: int, seed: int) -> IntArray:
    """A stratified sample of tasks, in which near copies of one table count as one.

    Tasks are put in order by their kind and the number of their trials, and chosen at equal steps along the sum of
    their shares (systematic sampling with unequal probabilities; Madow, 1949): each stratum is represented by its
    size, and a table that was reported a thousand times takes one place.

    Args:
        kinds: Shape ``(T,)`` of past tasks.
        n_trials: Shape ``(T,)``.
        shares: Shape ``(T,)``, in (0, 1]: how much each counts beside its near copies.
        n: At most so many.
        seed: Of the first step, and of the order within a stratum.

    Returns:
        Rows, ascending and distinct: `n` of them, or all, or as many as there are tables that aren't near copies.
    """
    if len(kinds) <= n:
        return np.arange(len(kinds))
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(kinds))
    order = shuffled[np.lexsort((n_trials[shuffled], kinds[shuffled]))]
    passed = np.cumsum(shares[order])
    step = max(float(passed[-1]) / n, 1.0)  # at least the largest share: no task is chosen twice
    at = np.searchsorted(passed, np.arange(rng.uniform(0.0, step), float(passed[-1]), step), side="right")
    return np.unique(order[np.minimum(at, len(order) - 1)])
