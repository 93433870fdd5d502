"""The kernel over the unit cube's features: positive definite, since it is one of a Euclidean distance."""

from typing import Final

import numpy as np

from warmtune.vocabulary.arrays import FloatArray

SQUARED_LENGTH: Final = 0.045
"""Squared length scale per feature: a root mean squared difference of 0.21 has the correlation ``exp(-1/2)``."""


def gaussian_kernel(a: FloatArray, b: FloatArray) -> FloatArray:
    """``exp(-|x - y|^2 / (2 D s))`` with the features' dimension D and `SQUARED_LENGTH` s.

    Args:
        a: Shape ``(n, D)``.
        b: Shape ``(m, D)``.

    Returns:
        Shape ``(n, m)``, in ``(0, 1]``, ones where points are equal.
    """
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2.0 * a @ b.T
    correlation: FloatArray = np.exp(-np.maximum(squared, 0.0) / (2.0 * SQUARED_LENGTH * max(a.shape[1], 1)))
    return correlation
