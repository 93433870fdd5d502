"""Beliefs about a task's scores after some trials."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from metamodel.maps.improvement import log_expected_improvement
from warmtune.vocabulary.arrays import FloatArray

LEAST_WEIGHT: Final = 1e-6
"""Components of less than this share of the largest weight are left out."""
Components = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""Log joint evidence ``(M,)``, width ``(M,)``, mean ``(M, P)`` and standard deviation ``(M, P)``."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Beliefs after some trials: a mixture of ``M`` Gaussians at each of ``P`` points.

    Attributes:
        weight: Shape ``(M,)``: summing to 1.
        width: Shape ``(M,)``: the task's width under each.
        mean: Shape ``(M, P)``: expected signed score.
        sd: Shape ``(M, P)``: standard deviation of the signed score, positive.
    """

    weight: FloatArray
    width: FloatArray
    mean: FloatArray
    sd: FloatArray

    @classmethod
    def of(cls, components: Components) -> "Posterior":
        """Weigh components by their evidence; see `LEAST_WEIGHT`."""
        log_evidence, width, mean, sd = components
        weight = np.exp(log_evidence - np.logaddexp.reduce(log_evidence))
        kept = weight > LEAST_WEIGHT * weight.max()
        return cls(weight[kept] / weight[kept].sum(), width[kept], mean[kept], sd[kept])

    def log_expected_improvement(self, best: float) -> FloatArray:
        """Log of the expected improvement over the signed score `best`, shape ``(P,)``."""
        log_each = log_expected_improvement(self.mean, self.sd, best)
        result: FloatArray = np.logaddexp.reduce(np.log(self.weight)[:, None] + log_each, axis=0)
        return result

    def at(self, points: Sequence[int]) -> "Posterior":
        """The beliefs at some of the points only."""
        return replace(self, mean=self.mean[:, points], sd=self.sd[:, points])

    def expected(self) -> FloatArray:
        """Expected signed score, shape ``(P,)``."""
        mean: FloatArray = self.weight @ self.mean
        return mean
