"""Which configurations together serve past tasks best, from tables that may have gaps."""

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import FloatArray


def normalised_regret(scores: FloatArray, *, sign: int) -> FloatArray:
    """Regret from 0 (a task's best known score) to 1 (its worst); 1 where nothing is known, since nothing is promised.

    Args:
        scores: Shape ``(n_tasks, n_configurations)``, NaN where unknown; every task knows one at least.
        sign: 1 where larger is better, else -1.
    """
    known = sign * scores
    best, worst = np.nanmax(known, axis=1, keepdims=True), np.nanmin(known, axis=1, keepdims=True)
    regret: FloatArray = np.nan_to_num((best - known) / np.maximum(best - worst, 1e-12), nan=1.0)
    return regret


def greedy_picks(regret: FloatArray, *, size: int, start: NDArray[np.intp] | None = None) -> NDArray[np.intp]:
    """The configurations that one after another most lower the mean regret that is left.

    The reduction is submodular: at least ``1 - 1/e`` of the best is reached (Nemhauser, Wolsey and Fisher, 1978).

    Args:
        regret: Shape ``(n_tasks, n_configurations)``, in [0, 1].
        size: How many, at most all that aren't in `start`.
        start: What is there already.

    Returns:
        Distinct columns in pick order; ties go to the lower one.
    """
    have = np.array([], dtype=np.intp) if start is None else start
    left = np.ones(len(regret)) if not len(have) else regret[:, have].min(axis=1)
    picks: list[int] = []
    for _ in range(min(size, regret.shape[1] - len(have))):
        mean_left = np.minimum(left[:, None], regret).mean(axis=0)
        mean_left[[*have.tolist(), *picks]] = np.inf
        picks.append(int(mean_left.argmin()))
        left = np.minimum(left, regret[:, picks[-1]])
    return np.array(picks, dtype=np.intp)
