"""The prior of a new task, in its own unknown units, and what its first trials make of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import ndtr

from metamodel.completion import NOISE, OWN_SHARE

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

N_SCALES = 12
_MIN_LOG_SD = 0.1


@dataclass(frozen=True, slots=True)
class ScalePrior:
    """How large and how high a new task's scores may be: score = best - width * (1 - utility), both unknown.

    The width is log-normal on a grid; the best is normal given the width (regressed on its logarithm over past tasks),
    so that it can be integrated out in closed form.

    Attributes:
        width: Shape ``(S,)``: grid.
        log_weight: Shape ``(S,)``: log prior of each grid point, normalised.
        best_mean: Shape ``(S,)``: mean of the best score at each width.
        best_sd: Its standard deviation.
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
            width: Shape ``(T,)``: their widths; constant tasks (0) are left out of the width's distribution.
            weights: Shape ``(T,)``: summing to 1.
        """
        varied = width > 0
        if not varied.any():
            varied, width = np.ones_like(varied), np.ones_like(width)
        w = weights[varied] / max(float(weights[varied].sum()), 1e-300)
        log_width, tops = np.log(width[varied]), best[varied]
        centre = float(w @ log_width)
        variance = float(w @ (log_width - centre) ** 2)
        sd = np.sqrt(variance) + _MIN_LOG_SD
        mean_best = float(w @ tops)
        slope = float(w @ ((tops - mean_best) * (log_width - centre))) / (variance + _MIN_LOG_SD**2)
        residual = tops - mean_best - slope * (log_width - centre)
        grid = np.linspace(centre - 2.2 * sd, centre + 2.2 * sd, N_SCALES)
        log_weight = -0.5 * ((grid - centre) / sd) ** 2
        log_weight -= np.logaddexp.reduce(log_weight)
        best_sd = max(float(np.sqrt(w @ residual**2)), 1e-3 * float(np.exp(centre)), 1e-12)
        return cls(np.exp(grid), log_weight, mean_best + slope * (grid - centre), best_sd)


@dataclass(frozen=True, slots=True)
class TaskPrior:
    """A Gaussian process over utilities at ``P`` points, whose covariance is low-rank over tasks plus a kernel.

    Attributes:
        mean: Shape ``(P,)``.
        factor: Shape ``(R, P)``: its Gram matrix is what tasks share.
        kernel: Shape ``(P, P)``: of what is the task's own.
        own_scale: Variance of that.
        scale: Prior of the task's units.
    """

    mean: FloatArray
    factor: FloatArray
    kernel: FloatArray
    own_scale: float
    scale: ScalePrior

    @classmethod
    def of_tasks(
        cls, maps: FloatArray, kernel: FloatArray, *, mean_weights: FloatArray, weights: FloatArray, scale: ScalePrior
    ) -> "TaskPrior":
        """Mean and covariance over tasks.

        Args:
            maps: Shape ``(T, P)``: utilities of past tasks.
            kernel: Shape ``(P, P)``.
            mean_weights: Shape ``(T,)``, for the mean: near tasks count more.
            weights: Shape ``(T,)``, for the covariance, which needs many tasks.
            scale: Prior of the units.
        """
        centred = maps - weights @ maps
        factor = np.sqrt((1.0 - OWN_SHARE) * weights)[:, None] * centred
        spread = float((factor**2).sum(axis=0).mean()) / (1.0 - OWN_SHARE)
        return cls(mean_weights @ maps, factor, kernel, OWN_SHARE * max(spread, 1e-4), scale)

    def covariance(self, left: IntArray | slice, right: IntArray) -> FloatArray:
        """Between two sets of points."""
        block: FloatArray = (
            self.factor[:, left].T @ self.factor[:, right] + self.own_scale * self.kernel[left][:, right]
        )
        return block

    @property
    def variance(self) -> FloatArray:
        """Shape ``(P,)``."""
        diagonal: FloatArray = (self.factor**2).sum(axis=0) + self.own_scale
        return diagonal


@dataclass(frozen=True, slots=True)
class Posterior:
    """Beliefs after some trials: a mixture over the task's unknown width.

    Attributes:
        width: Shape ``(S,)``.
        weight: Shape ``(S,)``: posterior, summing to 1.
        mean: Shape ``(S, P)``: expected signed score at each width.
        sd: Shape ``(S, P)``: standard deviation of the signed score.
    """

    width: FloatArray
    weight: FloatArray
    mean: FloatArray
    sd: FloatArray

    def log_expected_improvement(self, best: float) -> FloatArray:
        """Log of the expected improvement over the signed score `best`, shape ``(P,)``."""
        log_ei = np.log(self.sd) + _log_h((self.mean - best) / self.sd)
        with np.errstate(divide="ignore"):
            result: FloatArray = np.logaddexp.reduce(np.log(self.weight)[:, None] + log_ei, axis=0)
        return result


def condition(prior: TaskPrior, seen: IntArray, scores: FloatArray, *, noise: FloatArray | float = NOISE) -> Posterior:
    """Condition the prior on signed scores, its unknown best and width included.

    Args:
        prior: Over ``P`` points.
        seen: Shape ``(k,)``: observed points, at least one.
        scores: Shape ``(k,)``: signed scores.
        noise: Variance of observed utilities.
    """
    cross = prior.covariance(slice(None), seen)  # (P, k)
    gram = cross[seen] + np.eye(len(seen)) * noise
    variance = prior.variance
    grid = prior.scale
    means, sds, evidence = [], [], []
    for width, log_weight, top in zip(grid.width, grid.log_weight, grid.best_mean, strict=True):
        offset = (grid.best_sd / width) ** 2  # of the unknown best, in units of utility
        base = top / width - 1.0
        factor = cho_factor(gram + offset, lower=True, check_finite=False)
        residual = scores / width - base - prior.mean[seen]
        solved = cho_solve(factor, residual, check_finite=False)
        shifted = cross + offset
        half = cho_solve(factor, shifted.T, check_finite=False)
        means.append(width * (base + prior.mean + shifted @ solved))
        sds.append(width * np.sqrt(np.maximum(variance + offset - (shifted * half.T).sum(axis=1), 1e-9)))
        log_det = float(np.log(np.diag(factor[0])).sum())
        evidence.append(log_weight - 0.5 * float(residual @ solved) - log_det - len(seen) * np.log(width))
    log_posterior = np.array(evidence)
    weight = np.exp(log_posterior - np.logaddexp.reduce(log_posterior))
    return Posterior(grid.width, weight, np.array(means), np.array(sds))


def _log_h(z: FloatArray) -> FloatArray:
    """``log(phi(z) + z Phi(z))``, stable far below zero (Ament et al. 2023, eq. 9, by an asymptotic series)."""
    result = np.empty_like(z)
    high = z > -5.0
    zh = z[high]
    result[high] = np.log(np.exp(-0.5 * zh**2) / np.sqrt(2 * np.pi) + zh * ndtr(zh))
    zl = z[~high]
    # phi + z Phi = phi (1 - |z| Mills(|z|)), and 1 - t Mills(t) = t^-2 (1 - 3 t^-2 + 15 t^-4 - ...)
    t2 = zl**-2.0
    result[~high] = -0.5 * zl**2 - 0.5 * np.log(2 * np.pi) + np.log(t2 * (1 - 3 * t2 * (1 - 5 * t2 * (1 - 7 * t2))))
    return result
