"""The empirical Gaussian prior over performance maps, and what trials make of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import norm

FloatArray = NDArray[np.float64]

_JITTER = 1e-8


@dataclass(frozen=True, slots=True)
class GaussianPrior:
    """A normal distribution over the utilities of the anchors.

    Attributes:
        mean: Shape ``(A,)``.
        covariance: Shape ``(A, A)``, positive definite.
    """

    mean: FloatArray
    covariance: FloatArray

    @classmethod
    def of_tasks(cls, maps: FloatArray, weights: FloatArray, kernel: FloatArray, *, own_share: float = 0.1) -> "GaussianPrior":
        """Weighted mean and covariance over tasks, plus the kernel for what is the task's own.

        Args:
            maps: Shape ``(T, A)``.
            weights: Shape ``(T,)``, summing to 1.
            kernel: Shape ``(A, A)`` over the anchors, ones on the diagonal.
            own_share: Share of the variance that is not shared with other tasks.
        """
        mean = weights @ maps
        centred = maps - mean
        shared = (weights[:, None] * centred).T @ centred
        scale = max(float(np.diag(shared).mean()), 1e-4)
        covariance = (1 - own_share) * shared + own_share * scale * kernel
        return cls(mean, covariance + _JITTER * np.eye(len(mean)))

    def condition(self, seen: NDArray[np.intp], utility: FloatArray, *, noise: float) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and standard deviation, each ``(A,)``, given utilities at the anchors `seen`."""
        if len(seen) == 0:
            return self.mean, np.sqrt(np.diag(self.covariance))
        factor = cho_factor(self.covariance[np.ix_(seen, seen)] + noise * np.eye(len(seen)), lower=True)
        cross = self.covariance[:, seen]
        mean = self.mean + cross @ cho_solve(factor, utility - self.mean[seen])
        variance = np.diag(self.covariance) - (cross * cho_solve(factor, cross.T).T).sum(1)
        return mean, np.sqrt(np.maximum(variance, 1e-12))


def expected_improvement(mean: FloatArray, sd: FloatArray, best: float) -> FloatArray:
    """Expected improvement over `best` when maximising (Mockus 1975); element by element."""
    z = (mean - best) / sd
    improvement: FloatArray = sd * (z * norm.cdf(z) + norm.pdf(z))
    return improvement
