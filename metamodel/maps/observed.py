"""Conditioning a Gaussian process whose level is unknown, for many variances of the level at once."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from warmtune.vocabulary.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Observed:
    """The covariance of ``k`` observed values, factorised once: ``L L' = G``.

    A level of variance c, which is added to all values, adds c to every entry of every covariance: a change of rank
    one, whose inverse is known in closed form (Sherman and Morrison, 1950). Let ``h = L^-1 cross'``, ``o = L^-1 1``,
    ``q = o h``, ``s = o o`` and ``e = c / (1 + c s)``. For a residual r with ``w = L^-1 r``:

    - mean at a point: ``h w + e (o w) (1 - q)``;
    - variance: that of the point ``- h h + e (1 - q)^2``, as in universal kriging, without any cancellation in c;
    - ``r' (G + c 1 1')^-1 r = w w - e (o w)^2``; the determinant is ``|G| (1 + c s)``.

    Attributes:
        root: Shape ``(k, k)``: L, lower.
        half: Shape ``(k, P)``: h of all points.
        ones: Shape ``(k,)``: o.
        gap: Shape ``(P,)``: ``1 - q``.
    """

    root: FloatArray
    half: FloatArray
    ones: FloatArray
    gap: FloatArray

    @classmethod
    def of(cls, seen: IntArray, cross: FloatArray, noise: float) -> "Observed":
        """Factorise.

        Args:
            seen: Shape ``(k,)``: observed points.
            cross: Shape ``(P, k)``: covariances of all points with these, without noise.
            noise: Variance of each observation.
        """
        gram = cross[seen] + noise * np.eye(len(seen))
        root = cholesky(gram, lower=True, check_finite=False)
        both = np.concatenate([cross.T, np.ones((len(seen), 1))], axis=1)
        solved = solve_triangular(root, both, lower=True, overwrite_b=True, check_finite=False)
        half, ones = solved[:, :-1], solved[:, -1].copy()
        return cls(root, half, ones, 1.0 - ones @ half)

    def whitened(self, residuals: FloatArray) -> FloatArray:
        """``L^-1 r`` of each row of ``(n, k)``; the same shape."""
        white: FloatArray = solve_triangular(self.root, residuals.T, lower=True, check_finite=False).T
        return white

    def excess(self, level_variance: FloatArray) -> FloatArray:
        """The factor e for each variance c of the level; the same shape."""
        e: FloatArray = level_variance / (1.0 + level_variance * float(self.ones @ self.ones))
        return e

    def log_scale(self, level_variance: FloatArray) -> FloatArray:
        """Half the log determinant for each variance of the level; the same shape."""
        own = float(np.log(np.diag(self.root)).sum())
        result: FloatArray = own + 0.5 * np.log1p(level_variance * float(self.ones @ self.ones))
        return result

    def sd(self, width: FloatArray, variance: FloatArray | float, excess: FloatArray) -> FloatArray:
        """Standard deviations of all points in units of scores, positive; shape ``(S, P)``.

        Args:
            width: Shape ``(S,)``: units of a score for one of the process.
            variance: Shape ``(P,)``, or one for all: before any observation, without the level's.
            excess: Shape ``(S,)``: e.
        """
        left = variance - (self.half**2).sum(axis=0) + excess[:, None] * self.gap**2
        result: FloatArray = width[:, None] * np.sqrt(np.maximum(left, 1e-9))
        return result
