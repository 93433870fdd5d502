"""Expected improvement, in a form that never underflows."""

import numpy as np
from scipy.special import ndtr

from warmtune.vocabulary.arrays import FloatArray

_SERIES_BELOW = -5.0


def expected_gain(difference: FloatArray, scale: FloatArray | float) -> FloatArray:
    """``E[max(d + e, 0)]`` for a logistic ``e`` of mean 0: ``s log(1 + exp(d / s))``; shapes broadcast.

    Args:
        difference: How far the expectation is above what is to be improved on.
        scale: Of the distribution, positive: its standard deviation is ``pi / sqrt(3)`` times as large.
    """
    z = difference / scale
    gain: FloatArray = scale * (np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))))
    return gain


def log_expected_improvement(mean: FloatArray, sd: FloatArray, best: float) -> FloatArray:
    """Its logarithm, accurate however far the best is above the mean (Ament et al. 2023, by an asymptotic series)."""
    z = (mean - best) / sd
    result = np.empty_like(z)
    high = z > _SERIES_BELOW
    zh = z[high]
    result[high] = np.log(np.exp(-0.5 * zh**2) / np.sqrt(2.0 * np.pi) + zh * ndtr(zh))
    # phi(z) + z Phi(z) = phi(z) (1 - t M(t)) with t = -z, and 1 - t M(t) = t^-2 (1 - 3 t^-2 + 15 t^-4 - ...)
    zl = z[~high]
    t2 = zl**-2.0
    tail = np.log(t2 * (1.0 - 3.0 * t2 * (1.0 - 5.0 * t2 * (1.0 - 7.0 * t2))))
    result[~high] = -0.5 * zl**2 - 0.5 * np.log(2.0 * np.pi) + tail
    return result + np.log(sd)
