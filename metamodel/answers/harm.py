"""The chance that a configuration does worse than the library's default: what a first trial must not risk."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr

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

    Each task counts with the uncertainty of its map and the noise of its folds. Few tasks are little evidence, and so
    are weights that rest on few: each chance is drawn towards `PSEUDO_CHANCE` as if by one more task. So four tasks
    without any loss don't meet a limit of a tenth, and five do.

    Args:
        past: Of the past tasks.
        weights: Shape ``(T,)``, not negative, not all 0.
        reference: The default's column.

    Returns:
        All 0 for the reference.
    """
    weights = weights / weights.sum()
    margin = margins(past.best, past.best - past.width * (1.0 - past.utility[:, reference]))[:, None]
    gain = past.width[:, None] * (past.utility - past.utility[:, [reference]])
    variance = past.width[:, None] ** 2 * (past.variance + past.variance[:, [reference]])
    sd = np.sqrt(variance + (NOISE_SHARE * margin) ** 2)
    n_tasks = 1.0 / float((weights**2).sum())

    def chance(z: FloatArray) -> FloatArray:
        share = (n_tasks * (weights @ ndtr(z)) + PSEUDO_TASKS * PSEUDO_CHANCE) / (n_tasks + PSEUDO_TASKS)
        share[reference] = 0.0
        drawn: FloatArray = share
        return drawn

    tie = TIE * margin
    return Chances(
        harm=chance((-margin - gain) / sd), better=chance((gain - tie) / sd), worse=chance((-tie - gain) / sd)
    )


def margins(best: FloatArray, reference: FloatArray) -> FloatArray:
    """What counts as a loss on each task, shape ``(T,)``: `MARGIN`, or that share of the reference's score.

    Args:
        best: Shape ``(T,)``: the tasks' best scores, larger is better. They tell the kind of score: errors lie at or
            below 0 as scores, and however small they are, 0.01 says nothing of them.
        reference: Shape ``(T,)``: the default's scores.
    """
    if bool((np.abs(best) <= 1.0).all() and (best > 0.0).any()):
        return np.full(len(reference), MARGIN)
    result: FloatArray = MARGIN * np.maximum(np.abs(reference), 1e-300)
    return result
