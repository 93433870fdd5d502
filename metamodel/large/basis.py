"""What the numbers that are kept of each task stand for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from metamodel.maps.low_rank import ConditionedTasks, LowRankPrior, expand
from metamodel.maps.performance_maps import PerformanceMaps
from warmtune.vocabulary.arrays import Float32Array, FloatArray, IntArray

VARIANCE_RANK: Final = 8
"""Numbers for a map's uncertainty: standard deviations are then right to about a tenth (root mean square)."""
N_PROBES: Final = 128
"""Anchors at which a task's uncertainty is computed before it is put into these numbers."""
MAX_MODES_FROM: Final = 256
"""Tasks that the directions of uncertainty are found on."""


@dataclass(frozen=True, slots=True)
class MapBasis:
    """Maps and their uncertainty as few numbers each, and back.

    Expected utilities are ``mean + loadings z``, kept to their bounds; the logarithm of their variances is
    ``log_variance + variance_modes v``.

    Attributes:
        prior: Of the maps.
        log_variance: Shape ``(A,)``: the mean over tasks.
        variance_modes: Shape ``(A, q)``: orthonormal directions in which tasks differ.
        probes: Shape ``(p,)``: anchors that determine a task's ``v``.
        from_probes: Shape ``(q, p)``: its least-squares estimate from there.
        carry: Shape ``(A, 1 + r)``: kernel interpolants of the mean and of each direction, each around its own mean.
    """

    prior: LowRankPrior
    log_variance: FloatArray
    variance_modes: FloatArray
    probes: IntArray
    from_probes: FloatArray
    carry: FloatArray

    @classmethod
    def of(
        cls, prior: LowRankPrior, conditioned: Sequence[ConditionedTasks], core: PerformanceMaps, *, seed: int
    ) -> "MapBasis":
        """Learn how uncertainty varies between tasks.

        Args:
            prior: Of the maps.
            conditioned: Some past tasks, at least one, in blocks.
            core: Maps of the tasks that taught the prior: what carries a map to other points is theirs.
            seed: Of the probes.
        """
        logs = np.log(np.concatenate([block.variance() for block in conditioned]))
        centre = logs.mean(axis=0)
        modes = np.linalg.svd(logs - centre, full_matrices=False)[2][:VARIANCE_RANK].T
        probes = np.sort(np.random.default_rng(seed).permutation(len(centre))[:N_PROBES])
        curves = np.concatenate([prior.mean[None], prior.loadings.T])
        carry = core.interpolant(curves)
        return cls(prior, centre, modes, probes, np.linalg.pinv(modes[probes]), carry)

    def uncertainty(self, conditioned: ConditionedTasks) -> FloatArray:
        """The numbers v of tasks, shape ``(n, q)``."""
        off = np.log(conditioned.variance(self.probes)) - self.log_variance[self.probes]
        v: FloatArray = off @ self.from_probes.T
        return v

    def maps(
        self,
        like: PerformanceMaps,
        coefficients: Float32Array,
        uncertainty: Float32Array,
        *,
        best: FloatArray,
        width: FloatArray,
        typical: FloatArray,
    ) -> PerformanceMaps:
        """Whole maps of ``n`` tasks.

        Away from anchors they are carried before they are kept to their bounds, which is linear and so costs little.

        Args:
            like: Maps of other tasks at the same anchors.
            coefficients: Shape ``(n, r)``: z.
            uncertainty: Shape ``(n, q)``: v.
            best: Shape ``(n,)``: signed scores of utility 1.
            width: Shape ``(n,)``: signed scores between utilities 1 and 0.
            typical: Shape ``(n,)``: median utilities.
        """
        z = coefficients.astype(np.float64)
        modes, centre = self.variance_modes.astype(np.float32), self.log_variance.astype(np.float32)
        variance = np.exp(centre + uncertainty @ modes.T).astype(np.float64)  # powers in single precision: a fifth
        return replace(
            like,
            mean=expand(z, self.prior.mean, self.prior.loadings),
            variance=variance,
            best=best,
            width=width,
            coefficients=self.carry @ np.concatenate([np.ones((len(z), 1)), z], axis=1).T,
            typical=typical,
        )
