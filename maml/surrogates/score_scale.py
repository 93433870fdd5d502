"""Where a task's scores lie and how far they spread, from few of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from warmtune.vocabulary.arrays import FloatArray

_N_NODES: Final = 41
_REACH: Final = 2.5
_LEAST_SPREAD: Final = 1e-6
_LEAST_DEVIATION: Final = 0.05
_FAR: Final = 4.0
_FARTHEST: Final = 1e3


@dataclass(frozen=True, slots=True)
class ScaleEstimate:
    """A discrete posterior over a task's (centre, spread): ``score = centre + spread * normalised``.

    Attributes:
        spread: Shape ``(n_nodes,)``.
        centre: Shape ``(n_nodes,)``, the most probable one for each spread.
        centre_variance: Shape ``(n_nodes,)``.
        weight: Shape ``(n_nodes,)``, sums to 1.
    """

    spread: FloatArray
    centre: FloatArray
    centre_variance: FloatArray
    weight: FloatArray

    def normalise(self, scores: FloatArray) -> FloatArray:
        """Scores in units of the most probable scale."""
        best = int(self.weight.argmax())
        normalised: FloatArray = (scores - self.centre[best]) / self.spread[best]
        return normalised

    def restore(self, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation in the scores' units, the scale's uncertainty included; any one shape."""
        shape = (-1,) + (1,) * mean.ndim
        spread, centre, weight = (a.reshape(shape) for a in (self.spread, self.centre, self.weight))
        each = centre + spread * mean
        restored = (weight * each).sum(0)
        within = weight * ((spread * sd) ** 2 + self.centre_variance.reshape(shape))
        return restored, np.sqrt(within.sum(0) + (weight * (each - restored) ** 2).sum(0))


@dataclass(frozen=True, slots=True)
class ScorePrior:
    """What past tasks say about a new one's scale: normal in the centre and in the logarithm of the spread.

    Attributes:
        centre: Mean of the past tasks' centres.
        centre_sd: Their standard deviation.
        log_spread: Mean of the logarithms of the past tasks' spreads.
        log_spread_sd: Their standard deviation.
        slope: By how much the centre moves with the logarithm of the spread; ``centre_sd`` is around that line.
    """

    centre: float
    centre_sd: float
    log_spread: float
    log_spread_sd: float
    slope: float

    @classmethod
    def of_tasks(cls, scores: Sequence[FloatArray]) -> "ScorePrior":
        """From each past task's finite scores, at least one a task."""
        scales = np.array([task_scale(s) for s in scores])
        centres, logs = scales[:, 0], np.log(scales[:, 1])
        offsets = logs - logs.mean()
        slope = float(((centres - centres.mean()) * offsets).mean() / (offsets.var() + _LEAST_DEVIATION**2))
        residuals = centres - centres.mean() - slope * offsets
        return cls(
            float(centres.mean()),
            max(float(residuals.std()), _LEAST_SPREAD),
            float(logs.mean()),
            max(float(logs.std()), _LEAST_DEVIATION),
            slope,
        )

    def drawn_in(self, scores: FloatArray) -> FloatArray:
        """Scores without outliers: one that failed badly says that it is bad, not that all others are alike.

        A score farther from the median than four of the widest spreads that are expected counts as that far. The median
        itself stays within a thousand such spreads of where past tasks lie, so that no arithmetic overflows.

        Args:
            scores: Shape ``(n,)``, finite; ``n`` may be 0.
        """
        if len(scores) == 0:
            return scores
        widest = math.exp(self.log_spread + _REACH * self.log_spread_sd)
        farthest = _FARTHEST * (self.centre_sd + widest)
        near = np.clip(scores, self.centre - farthest, self.centre + farthest)
        middle = float(np.median(near))
        return np.clip(near, middle - _FAR * widest, middle + _FAR * widest)

    def estimate(self, scores: FloatArray, mean: FloatArray, sd: FloatArray) -> ScaleEstimate:
        """The posterior given observed scores and what was expected of them, normalised, before any was seen.

        The spread runs over a grid; for each of its values the centre is conjugate.

        Args:
            scores: Shape ``(n,)``, finite; ``n`` may be 0.
            mean: Shape ``(n,)``, the expected normalised scores.
            sd: Shape ``(n,)``, their standard deviations.
        """
        offset = np.linspace(-_REACH, _REACH, _N_NODES)
        spread = np.exp(self.log_spread + self.log_spread_sd * offset)
        deviation = spread[:, None] * np.maximum(sd, _LEAST_DEVIATION)  # (n_nodes, n)
        residual = scores - spread[:, None] * mean
        expected = self.centre + self.slope * self.log_spread_sd * offset  # (n_nodes,)
        precision = 1.0 / self.centre_sd**2 + (deviation**-2).sum(1)
        centre = (expected / self.centre_sd**2 + (residual * deviation**-2).sum(1)) / precision
        misfit = ((residual - centre[:, None]) / deviation) ** 2
        # the last term integrates the centre out (Laplace's method, exact for a normal)
        log_weight = (
            -0.5 * offset**2
            - 0.5 * (misfit + 2 * np.log(deviation)).sum(1)
            - 0.5 * ((centre - expected) / self.centre_sd) ** 2
            - 0.5 * np.log(precision)
        )
        weight = np.exp(log_weight - log_weight.max())
        return ScaleEstimate(spread, centre, 1.0 / precision, weight / weight.sum())


def task_scale(scores: FloatArray) -> tuple[float, float]:
    """Mean and standard deviation of one task's scores; the latter never 0."""
    spread = float(scores.std()) if len(scores) > 1 else 0.0
    centre = float(scores.mean())
    return centre, max(spread, _LEAST_SPREAD * max(1.0, math.fabs(centre)))
