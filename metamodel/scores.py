"""Scores of one task on a common scale: the one place that turns a metric into something to maximise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warmtune.metrics import Direction

FloatArray = NDArray[np.float64]

_OUTLIER = 4.0


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """A task's own scale: 1 at its best known score, 0 at its worst that isn't an outlier.

    A score more than four times as far below the best as the median is would squeeze all others together, so the
    worst is clipped there. A constant task has `width` 0 and every utility 1.

    Attributes:
        direction: Which way is better.
        best: Best known score, times the direction's sign.
        width: Distance from the worst to the best, at least 0.
    """

    direction: Direction
    best: float
    width: float

    @classmethod
    def fit(cls, scores: FloatArray, direction: Direction) -> "ScoreScale":
        """Learn the scale from shape ``(n,)``, NaN ignored; with nothing known, the scale is constant."""
        x = direction.sign * scores[~np.isnan(scores)]
        if x.size == 0:
            return cls(direction, 0.0, 0.0)
        best = float(x.max())
        worst = max(float(x.min()), best - _OUTLIER * (best - float(np.median(x))) - 1e-300)
        if worst >= best:  # more than half tie with the best: the median tells nothing
            worst = float(x.min())
        return cls(direction, best, best - worst)

    def utility(self, scores: FloatArray) -> FloatArray:
        """Scores as utilities at most 1 for known ones, clipped below at 0; NaN stays NaN.

        A failed configuration's utility is the caller's to choose.
        """
        if self.width <= 0.0:
            return np.where(np.isnan(scores), np.nan, 1.0)
        return np.maximum(1.0 - (self.best - self.direction.sign * scores) / self.width, 0.0)
