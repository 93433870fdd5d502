"""The prior over maps in few directions: it conditions many tasks in closed form and keeps few numbers of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from metamodel.maps.completion import HIGHEST, LOWEST, MAX_GROWTH, GaussianPrior, KnownScores, utility_of
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.work import check_wanted

RANK: Final = 64
"""Directions that are kept. On recorded tables the maps' error at configurations that weren't known is then that of all
directions (.0862 and .0864 on `rbv2_rpart`, .246 and .245 on `oboe_pipelines`); with 16 it is .0893 and .243."""
GROWTH_ROUNDS: Final = 3
BLOCK: Final = 256
"""Tasks that are conditioned at once."""


@dataclass(frozen=True, slots=True)
class LowRankPrior:
    """``u = mean + loadings z + e`` with ``z ~ N(0, I)`` and independent ``e ~ N(0, residual)``.

    The leading eigenvectors of the prior's covariance, and on the diagonal what they leave (a factor analysis whose
    total variance is the prior's at every anchor).

    Attributes:
        mean: Shape ``(A,)``.
        loadings: Shape ``(A, r)``.
        residual: Shape ``(A,)``, not negative.
        noise: Variance of an observed utility.
    """

    mean: FloatArray
    loadings: FloatArray
    residual: FloatArray
    noise: float

    @classmethod
    def of(cls, prior: GaussianPrior, *, rank: int = RANK) -> "LowRankPrior":
        """Of a prior, with as many directions as it has, or `rank` of them."""
        values, vectors = np.linalg.eigh(prior.covariance)
        kept = slice(len(values) - min(rank, len(values)), None)
        loadings = vectors[:, kept] * np.sqrt(np.maximum(values[kept], 0.0))
        residual = np.maximum(np.diag(prior.covariance) - (loadings**2).sum(axis=1), 0.0)
        return cls(prior.mean, loadings, residual, prior.noise)

    def condition(
        self, known: Sequence[KnownScores], low: FloatArray, high: FloatArray
    ) -> Iterator[tuple[IntArray, "ConditionedTasks"]]:
        """Condition tasks on what they know, `BLOCK` at a time.

        A task's unknown best may grow with what its map predicts, as in `metamodel.maps.completion`.

        Args:
            known: ``T`` tasks, each with at least one score.
            low: Shape ``(T,)``: signed scores of utility 0.
            high: Shape ``(T,)``: best known ones.

        Yields:
            Rows and what is known of them: every row once, those that know least first.
        """
        order = np.argsort([len(task.at) for task in known], kind="stable")  # so that little is padded
        for start in range(0, len(order), BLOCK):
            check_wanted()
            rows = order[start : start + BLOCK]
            yield rows, self._block([known[int(row)] for row in rows], low[rows], high[rows])

    def _block(self, known: Sequence[KnownScores], low: FloatArray, high: FloatArray) -> "ConditionedTasks":
        at, precision = self._padded(known)
        seen = self.loadings[at]  # (n, k, r)
        weighted = (seen * precision[:, :, None]).transpose(0, 2, 1)
        precision_of_z: FloatArray = np.eye(seen.shape[2]) + weighted @ seen
        covariance = np.asarray(np.linalg.inv(precision_of_z), dtype=np.float64)
        best = high.copy()
        for _ in range(GROWTH_ROUNDS):
            utility = _padded_utilities(known, at.shape[1], low, best)
            along = weighted @ (utility - self.mean[at])[:, :, None]
            coefficients = (covariance @ along)[:, :, 0]
            top = (self.mean + coefficients @ self.loadings.T).max(axis=1)
            best = np.maximum(high, low + (best - low) * np.minimum(top, MAX_GROWTH))
        return ConditionedTasks(self, coefficients, covariance, best, best - low)

    def _padded(self, known: Sequence[KnownScores]) -> tuple[IntArray, FloatArray]:
        """Anchors ``(n, k)`` and precisions ``(n, k)`` of what is known there; 0 where there is nothing."""
        longest = max(len(task.at) for task in known)
        at = np.zeros((len(known), longest), dtype=np.intp)
        precision = np.zeros((len(known), longest))
        for row, task in enumerate(known):
            at[row, : len(task.at)] = task.at
            precision[row, : len(task.at)] = 1.0 / (self.residual[task.at] + task.noise + self.noise)
        return at, precision


@dataclass(frozen=True, slots=True)
class ConditionedTasks:
    """Tasks after their trials.

    Attributes:
        prior: What they were conditioned on.
        coefficients: Shape ``(n, r)``: expected z.
        covariance: Shape ``(n, r, r)``: of z.
        best: Shape ``(n,)``: signed score of utility 1.
        width: Shape ``(n,)``: signed score between utilities 1 and 0.
    """

    prior: LowRankPrior
    coefficients: FloatArray
    covariance: FloatArray
    best: FloatArray
    width: FloatArray

    def mean(self) -> FloatArray:
        """Expected utilities, shape ``(n, A)``."""
        return expand(self.coefficients, self.prior.mean, self.prior.loadings)

    def variance(self, anchors: IntArray | slice = slice(None)) -> FloatArray:
        """Of the utilities at some of the anchors, shape ``(n, m)``, positive."""
        loadings = self.prior.loadings[anchors]
        along = ((loadings @ self.covariance) * loadings).sum(axis=2)
        result: FloatArray = np.maximum(along + self.prior.residual[anchors], 1e-12)
        return result


def expand(coefficients: FloatArray, mean: FloatArray, loadings: FloatArray) -> FloatArray:
    """Utilities ``(n, A)`` of coefficients ``(n, r)``, within what utilities are kept to."""
    utilities: FloatArray = np.clip(mean + coefficients @ loadings.T, LOWEST, HIGHEST)
    return utilities


def _padded_utilities(known: Sequence[KnownScores], longest: int, low: FloatArray, high: FloatArray) -> FloatArray:
    utility = np.zeros((len(known), longest))
    for row, task in enumerate(known):
        utility[row, : len(task.score)] = utility_of(task.score, float(low[row]), float(high[row]))
    return utility
