"""Past tasks completed over common candidates: what a learned acquisition trains on and believes before a trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maml.algorithms.learned_acquisition import AcquisitionTables
from maml.surrogates.score_scale import ScorePrior, task_scale
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import Points, TuningTask
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError

MAX_CANDIDATES: Final = 1_000
"""Candidates at most: a belief holds their covariance."""

_LENGTH: Final = 0.3
_JITTER: Final = 1e-3
_LEAST_SQUARED_DISTANCE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class CompletedTasks:
    """What is thought of every candidate on every past task; immutable.

    A task's map is Gaussian: its mean is what a surrogate predicts from the task's own trials, its deviations are the
    surrogate's, alike for candidates that lie near one another. Larger is better, in units of the map's own spread.

    Attributes:
        candidates: ``n_candidates`` configurations.
        mean: Shape ``(n_tasks, n_candidates)``.
        sd: Same shape.
        correlation: Shape ``(n_candidates, n_candidates)``: of a map's deviations.
        scale_prior: Where maps lie and how far they spread, in the metric's units, negated where smaller is better.
    """

    candidates: Points
    mean: Tensor
    sd: Tensor
    correlation: Tensor
    scale_prior: ScorePrior

    @classmethod
    def of(
        cls,
        tasks: Sequence[TuningTask],
        pool: Points,
        completing: NeuralSurrogate,
        *,
        n_candidates: int,
        larger_is_better: bool,
        seed: int,
    ) -> "CompletedTasks":
        """Complete the tasks over a pool of configurations and choose the candidates among them.

        Half of the candidates are the tasks' best in turn: each task's best, each one's second best and so on. The
        others are drawn at random, so that the belief also knows where it is bad.

        Args:
            tasks: With finite scores, two different ones at least.
            pool: Different configurations, at least two.
            completing: A surrogate of the same search space and metric.
            n_candidates: From 2 to `MAX_CANDIDATES`; all of a smaller pool.
            larger_is_better: The metric's direction.
            seed: Of the drawn half.

        Raises:
            InvalidInputError: If the pool is too small, or the number out of range.
        """
        if not 2 <= n_candidates <= MAX_CANDIDATES or len(pool) < 2:
            raise InvalidInputError(
                "the number of candidates is out of range",
                field="n_candidates",
                value=min(n_candidates, len(pool)),
                limit=f"2..{MAX_CANDIDATES}",
            )
        sign = 1.0 if larger_is_better else -1.0
        predicted = [completing.predict(task.points, task.scores, pool, _known(task)) for task in tasks]
        maps, sds = sign * np.stack([mean for mean, _ in predicted]), np.stack([sd for _, sd in predicted])
        chosen = _choose(maps, min(n_candidates, len(pool)), np.random.default_rng(seed))
        maps, sds, candidates = maps[:, chosen], sds[:, chosen], pool.take(chosen)
        scales = np.array([task_scale(row) for row in maps])
        normalised, relative = (maps - scales[:, :1]) / scales[:, 1:], sds / scales[:, 1:]
        squared = squared_distances(candidates, candidates)
        correlation = np.exp(-0.5 * squared / _LENGTH**2) + _JITTER * np.eye(len(candidates))
        mean, sd, unit = (
            torch.tensor(array, dtype=torch.float32) for array in (normalised, relative, correlation / (1.0 + _JITTER))
        )
        return cls(candidates, mean, sd, unit, ScorePrior.of_tasks(list(maps)))

    def belief(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The moments of a map drawn from weighted tasks.

        Args:
            weight: Shape ``(n, n_tasks)``, each row sums to 1.

        Returns:
            Shapes ``(n, n_candidates)`` and ``(n, n_candidates, n_candidates)``.
        """
        mean = weight @ self.mean
        apart = self.mean[None] - mean[:, None]  # (n, n_tasks, n_candidates)
        between = (weight[:, :, None] * apart).mT @ apart
        deviation = (weight @ self.sd**2).sqrt()
        return mean, between + deviation[:, :, None] * deviation[:, None, :] * self.correlation

    def tables(self, picks: Tensor, believed: Tensor, generator: torch.Generator) -> AcquisitionTables:
        """Maps drawn of some tasks, each under a belief from others than itself.

        Args:
            picks: Shape ``(n,)``: tasks.
            believed: Tasks that the beliefs are from; at least one besides each pick.
            generator: On the CPU.
        """
        weight = torch.zeros(len(picks), len(self.mean))
        weight[:, believed] = 1.0
        weight[torch.arange(len(picks)), picks] = 0.0  # what is to be found isn't known
        mean, covariance = self.belief(weight / weight.sum(1, keepdim=True))
        root = torch.linalg.cholesky(self.correlation.double()).float()
        deviation = torch.randn(len(picks), self.mean.shape[1], generator=generator) @ root.mT
        truth = self.mean[picks] + self.sd[picks] * deviation
        points = torch.tensor(self.candidates.to_inputs(), dtype=torch.float32)
        return AcquisitionTables(points.expand(len(picks), *points.shape), truth, mean, covariance)

    def roughness(self) -> float:
        """Squared differences of the maps at each candidate and at the nearest other one, over squared distances."""
        squared = squared_distances(self.candidates, self.candidates)
        np.fill_diagonal(squared, np.inf)
        nearest = squared.argmin(1)
        mean = self.mean.double().numpy()
        difference = ((mean - mean[:, nearest]) ** 2).mean(0)
        return float(difference.sum() / max(squared.min(1).sum(), _LEAST_SQUARED_DISTANCE))


def squared_distances(one: Points, many: Points) -> FloatArray:
    """Shape ``(n_one, n_many)``: of coordinates and masks; inactive coordinates lie in the middle."""
    a, b = one.to_inputs(), many.to_inputs()
    apart: FloatArray = ((a[:, None] - b[None]) ** 2).sum(-1)
    return apart


def _known(task: TuningTask) -> FloatArray | None:
    return task.embedding if len(task.embedding) else None


def _choose(maps: FloatArray, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows of the pool, ascending: half the tasks' best in turn, the others at random."""
    order = np.argsort(-maps, axis=1, kind="stable").T.ravel()  # all firsts, all seconds, ...
    _, first_seen = np.unique(order, return_index=True)
    best = order[np.sort(first_seen)][: n // 2]
    others = np.setdiff1d(np.arange(maps.shape[1]), best)
    return np.sort(np.concatenate([best, rng.choice(others, n - len(best), replace=False)]))
