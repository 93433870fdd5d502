"""A new task's own units: how high and how wide its scores may be."""

from dataclasses import dataclass

import numpy as np

from warmtune.vocabulary.arrays import FloatArray

N_SCALES = 12
_REACH = 2.2
_MIN_LOG_SD = 0.1
_SMALLEST = 1e-250
"""Widths below it are none: shares of them are no longer numbers."""


@dataclass(frozen=True, slots=True)
class ScalePrior:
    """Score = best - width * (1 - utility), with both unknown.

    The width is log-normal on a grid; the best is normal given the width (regressed on its logarithm over past tasks),
    so that it can be integrated out in closed form.

    Attributes:
        width: Shape ``(S,)``: grid.
        log_weight: Shape ``(S,)``: log prior of each grid point, normalised.
        best_mean: Shape ``(S,)``: mean of the best signed score at each width.
        best_sd: Its standard deviation, positive.
    """

    width: FloatArray
    log_weight: FloatArray
    best_mean: FloatArray
    best_sd: float

    @classmethod
    def of_tasks(cls, best: FloatArray, width: FloatArray, weights: FloatArray) -> "ScalePrior":
        """Learn from past tasks.

        Args:
            best: Shape ``(T,)``: their best signed scores.
            width: Shape ``(T,)``: their widths; constant tasks (0, or too small to divide by) are left out.
            weights: Shape ``(T,)``: summing to 1.
        """
        varied = width > _SMALLEST
        if not varied.any():
            varied, width = np.ones_like(varied), np.ones_like(width)
        w = weights[varied] / max(float(weights[varied].sum()), 1e-300)
        log_width, tops = np.log(width[varied]), best[varied]
        centre, mean_best = float(w @ log_width), float(w @ tops)
        variance = float(w @ (log_width - centre) ** 2)
        sd = float(np.sqrt(variance)) + _MIN_LOG_SD
        slope = float(w @ ((tops - mean_best) * (log_width - centre))) / (variance + _MIN_LOG_SD**2)
        residual = tops - mean_best - slope * (log_width - centre)
        grid = np.linspace(centre - _REACH * sd, centre + _REACH * sd, N_SCALES)
        log_weight = -0.5 * ((grid - centre) / sd) ** 2
        best_sd = max(float(np.sqrt(w @ residual**2)), 1e-3 * float(np.exp(centre)), 1e-12)
        return cls(
            np.exp(grid), log_weight - np.logaddexp.reduce(log_weight), mean_best + slope * (grid - centre), best_sd
        )
