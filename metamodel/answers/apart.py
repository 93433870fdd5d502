"""Several points at once, none of which makes another needless."""

import numpy as np

from metamodel.maps.kernels import gaussian_kernel
from warmtune.vocabulary.arrays import FloatArray


def apart(log_gain: FloatArray, features: FloatArray, *, n: int) -> list[int]:
    """The `n` points of most gain that are not near each other.

    By the correlation with what was picked, the gain of the others is lowered (a local penalty, Gonzalez et al. 2016):
    what is near will be known.

    Args:
        log_gain: Shape ``(P,)``; minus infinity for what may not be picked, at least `n` above it.
        features: Shape ``(P, D)``.
        n: At least 1.
    """
    left, picks = log_gain, [int(np.argmax(log_gain))]
    while len(picks) < n:
        near = gaussian_kernel(features, features[picks[-1:]])[:, 0]
        left = left + np.log1p(-(np.minimum(near, 1.0 - 1e-9) ** 2))
        left[picks] = -np.inf
        picks.append(int(np.argmax(left)))
    return picks
