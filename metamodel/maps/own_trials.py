"""Beliefs about a task without any past: a Gaussian process on the study's own trials."""

from typing import Final

import numpy as np

from metamodel.maps.completion import NOISE
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.observed import Observed
from metamodel.maps.posterior import Components, Posterior
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.work import check_wanted

SMOOTHNESS: Final = (0.5, 1.0, 2.0, 4.0)
"""Powers of the kernel that share the belief: a power of 4 halves the length scale of 1."""
NOISES: Final = (NOISE, 0.03)
_MEAN_VARIANCE: Final = np.ones(1)
_FLOOR: Final = -3.0


def condition_alone(features: FloatArray, seen: IntArray, scores: FloatArray) -> Posterior:
    """Condition a stationary prior on signed scores, its length scale, noise, mean and variance unknown.

    Scores are standardised by the median and the distance to it of the better half, and very bad ones are clipped:
    they would flatten what matters. The variance takes its most likely value; length scales and noises share the
    belief by their evidence (Rasmussen and Williams 2006, chapter 5).

    Args:
        features: Shape ``(P, D)`` of all points.
        seen: Shape ``(k,)``: observed points, at least one; may repeat.
        scores: Shape ``(k,)``: signed scores.
    """
    centre, spread = _location(scores)
    belief = gaussian_process(features, seen, np.maximum((scores - centre) / spread, _FLOOR))
    return Posterior(belief.weight, spread * belief.width, centre + spread * belief.mean, spread * belief.sd)


def log_evidence_alone(features: FloatArray, scores: FloatArray) -> float:
    """Log density of signed scores ``(k,)`` at points ``(k, D)`` under such a prior, but for ``k log(2 pi) / 2``.

    No score is clipped: other models have to explain the very bad ones, too. Location and spread are fitted to the
    scores; half a logarithm of their number is the price of each (the Bayesian information criterion: Schwarz 1978).
    """
    centre, spread = _location(scores)
    k = len(scores)
    each = _conditioned(features, np.arange(k), (scores - centre) / spread)[0]
    return float(np.logaddexp.reduce(each) - np.log(len(each)) - k * (0.5 + np.log(spread)) - np.log(k))


def gaussian_process(features: FloatArray, seen: IntArray, y: FloatArray) -> Posterior:
    """Condition the same prior on values around 0 whose size is around 1, as they are.

    Args:
        features: Shape ``(P, D)`` of all points.
        seen: Shape ``(k,)``: observed points, at least one; may repeat.
        y: Shape ``(k,)``.
    """
    return Posterior.of(_conditioned(features, seen, y))


def _conditioned(features: FloatArray, seen: IntArray, y: FloatArray) -> Components:
    """One component for each length scale and noise."""
    base = gaussian_kernel(features, features[seen])
    evidence, means, sds = [], [], []
    for power in SMOOTHNESS:
        kernel = base**power
        for noise in NOISES:
            check_wanted()
            observed = Observed.of(seen, kernel, noise)
            excess = observed.excess(_MEAN_VARIANCE)
            white = observed.whitened(y[None])[0]
            along = float(white @ observed.ones)
            variance = max(float(white @ white - excess[0] * along**2) / len(y), 1e-6)
            means.append(white @ observed.half + excess[0] * along * observed.gap)
            sds.append(observed.sd(np.array([np.sqrt(variance)]), 1.0, excess)[0])
            evidence.append(-0.5 * len(y) * np.log(variance) - float(observed.log_scale(_MEAN_VARIANCE)[0]))
    return np.array(evidence), np.full(len(evidence), 4.0), np.array(means), np.array(sds)


def _location(scores: FloatArray) -> tuple[float, float]:
    """Median, and the root mean square of how much better the better half is; 1 where all are equal."""
    centre = float(np.median(scores))
    above = scores[scores >= centre] - centre
    most = max(float(above.max()), 1e-300)
    spread = most * float(np.sqrt(((above / most) ** 2).mean()))  # divided first: squares may overflow
    if spread <= 1e-12 * max(1.0, abs(centre)):
        spread = float(np.abs(scores - centre).max())
    return centre, spread if spread > 1e-12 * max(1.0, abs(centre)) else 1.0
