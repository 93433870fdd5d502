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
PSEUDO_HARM: Final = 0.5
"""What is believed before any task is seen: as much as `PSEUDO_TASKS` tasks of which this share was harmed."""


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


def chance_of_harm(past: PastScores, weights: FloatArray, *, reference: int) -> FloatArray:
    """How likely each column is worse than the reference by more than the margin, on a task like the weighted ones.

    Each task counts with the uncertainty of its map and the noise of its folds. Few tasks are little evidence, and so
    are weights that rest on few: the chance is drawn towards `PSEUDO_HARM` as if by one more task. So four tasks
    without any loss don't meet a limit of a tenth, and five do.

    Args:
        past: Of the past tasks.
        weights: Shape ``(T,)``, not negative, not all 0.
        reference: The default's column.

    Returns:
        Shape ``(m,)``, in [0, 1]; 0 for the reference.
    """
    weights = weights / weights.sum()
    reference_score = past.best - past.width * (1.0 - past.utility[:, reference])
    # errors lie at or below 0 as scores: however small they are, 0.01 says nothing of them
    bounded = bool((np.abs(past.best) <= 1.0).all() and (past.best > 0.0).any())
    margin = np.full(len(weights), MARGIN) if bounded else MARGIN * np.maximum(np.abs(reference_score), 1e-300)
    gain = past.width[:, None] * (past.utility - past.utility[:, [reference]])
    variance = past.width[:, None] ** 2 * (past.variance + past.variance[:, [reference]])
    sd = np.sqrt(variance + (NOISE_SHARE * margin[:, None]) ** 2)
    harmed = weights @ ndtr((-margin[:, None] - gain) / sd)
    n_tasks = 1.0 / float((weights**2).sum())
    chance: FloatArray = (n_tasks * harmed + PSEUDO_TASKS * PSEUDO_HARM) / (n_tasks + PSEUDO_TASKS)
    chance[reference] = 0.0
    return chance
