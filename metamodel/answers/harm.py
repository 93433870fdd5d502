"""The chance that a configuration does worse than the library's default: what a first trial must not risk."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import FloatArray

MARGIN: Final = 0.01
"""Losing less than this isn't harm: in the scores' own units where they lie in [-1, 1] and some are above 0, else as a
share of them."""
HARM_LIMIT: Final = 0.1
"""Chance of harm that a first configuration may have, unless configured otherwise."""
NOISE_SHARE: Final = 0.5
"""Standard deviation of a recorded difference, in margins: scores are means over a few folds."""
PSEUDO_TASKS: Final = 1.0
PSEUDO_CHANCE: Final = 0.5
"""What is believed before any task is seen: as much as `PSEUDO_TASKS` tasks with this chance."""
TIE: Final = 0.1
"""Margins within which two scores count as equal."""
_MOST: Final = 1e6
"""A margin is at most so many widths: beyond, nothing on the task is worth one."""
_LEAST: Final = 1e-12
"""Variance of a difference of utilities, at least, so that single precision can divide by it."""
_FAR: Final = 9.0
"""Standard deviations beyond which a chance is 0 or 1."""


ROWS_AT_ONCE: Final = 32
"""Past tasks whose matrices are made together."""


@dataclass(frozen=True, slots=True)
class PastScores:
    """What past tasks say about the columns of their maps, in scores where larger is better.

    Attributes:
        utility: Shape ``(T, m)``.
        variance: Shape ``(T, m)``: of the utilities.
        best: Shape ``(T,)``: score of utility 1.
        width: Shape ``(T,)``: score between utilities 1 and 0.
    """

    utility: FloatArray
    variance: FloatArray
    best: FloatArray
    width: FloatArray


@dataclass(frozen=True, slots=True)
class Chances:
    """How columns compare with the reference on a task like the weighted ones, shape ``(m,)`` each, in [0, 1].

    Attributes:
        harm: Worse by more than the margin.
        better: Better by more than a tie (`TIE` margins).
        worse: Worse by more than a tie.
    """

    harm: FloatArray
    better: FloatArray
    worse: FloatArray

    @property
    def at_least_as_good(self) -> FloatArray:
        """The chance to be better, a tie counting half, shape ``(m,)``; 0.5 for the reference itself."""
        result: FloatArray = 0.5 * (1.0 + self.better - self.worse)
        return result


def compare(past: PastScores, weights: FloatArray, *, reference: int) -> Chances:
    """How likely each column is better or worse than the reference, on a task like the weighted ones.

    Args:
        past: Of the past tasks.
        weights: Shape ``(T,)``, not negative, not all 0.
        reference: The default's column.

    Returns:
        All 0 for the reference.
    """
    chances = compare_with(past, weights, past.utility[:, reference], past.variance[:, reference])
    for chance in (chances.harm, chances.better, chances.worse):
        chance[reference] = 0.0
    return chances


def compare_with(past: PastScores, weights: FloatArray, utility: FloatArray, variance: FloatArray) -> Chances:
    """How likely each column is better or worse than something else, on a task like the weighted ones.

    Each task counts with the uncertainty of its map and the noise of its folds. Few tasks are little evidence, and so
    are weights that rest on few: each chance is drawn towards `PSEUDO_CHANCE` as if by one more task. So four tasks
    without any loss don't meet a limit of a tenth, and five do.

    Args:
        past: Of the past tasks.
        weights: Shape ``(T,)``, not negative, not all 0.
        utility: Shape ``(T,)``: of what columns are compared with.
        variance: Shape ``(T,)``: of these utilities.
    """
    weights = weights / weights.sum()
    n_tasks = 1.0 / float((weights**2).sum())
    light = weights.astype(np.float32)
    margin = margins(past.best, past.best - past.width * (1.0 - utility))
    loss = np.minimum(margin / np.maximum(past.width, 1e-300), _MOST)  # in utility; of a constant task all are ties
    fixed = np.maximum(variance + (NOISE_SHARE * loss) ** 2, _LEAST)
    shares = np.empty((3, *past.utility.shape), dtype=np.float32)
    for rows in (slice(start, start + ROWS_AT_ONCE) for start in range(0, len(light), ROWS_AT_ONCE)):
        # single precision throughout, a few tasks at a time: what is at hand is in the processor's cache
        spread = past.variance[rows].astype(np.float32) + fixed[rows, None].astype(np.float32)
        precision = (1.0 / np.sqrt(spread)).astype(np.float32, copy=False)
        gain = (past.utility[rows] - utility[rows, None]).astype(np.float32) * precision
        margins_away = loss[rows, None].astype(np.float32) * precision
        tie = np.float32(TIE) * margins_away
        shares[0, rows] = _below(-margins_away - gain)
        shares[1, rows] = _below(gain - tie)
        shares[2, rows] = _below(-tie - gain)

    def chance(below: NDArray[np.float32]) -> FloatArray:
        share = (light @ below).astype(np.float64)
        drawn: FloatArray = (n_tasks * share + PSEUDO_TASKS * PSEUDO_CHANCE) / (n_tasks + PSEUDO_TASKS)
        return drawn

    return Chances(harm=chance(shares[0]), better=chance(shares[1]), worse=chance(shares[2]))


def _below(z: NDArray[np.float32]) -> NDArray[np.float32]:
    """The normal distribution function to within 1.4e-4, in a twentieth of the exact one's time.

    By the logistic function of ``1.5976 z + 0.07056 z**3`` (Bowling, Khasawneh, Kaewkuekool and Cho, 2009).
    """
    x = np.minimum(np.maximum(z, -_FAR), _FAR)  # many small arrays: numpy's clip takes longer to begin than to work
    logit = x * x
    logit *= -np.float32(0.07056)
    logit -= np.float32(1.5976)
    logit *= x
    np.exp(logit, out=logit)
    logit += np.float32(1.0)
    result: NDArray[np.float32] = np.reciprocal(logit, out=logit)
    return result


def margins(best: FloatArray, reference: FloatArray) -> FloatArray:
    """What counts as a loss on each task, shape ``(T,)``: `MARGIN`, or that share of the reference's score.

    Args:
        best: Shape ``(T,)``: the tasks' best scores, larger is better. They determine the kind of score: errors lie at
            or below 0 as scores, and however small they are, 0.01 says nothing of them.
        reference: Shape ``(T,)``: the default's scores.
    """
    if bool((np.abs(best) <= 1.0).all() and (best > 0.0).any()):
        return np.full(len(reference), MARGIN)
    result: FloatArray = MARGIN * np.maximum(np.abs(reference), 1e-300)
    return result
