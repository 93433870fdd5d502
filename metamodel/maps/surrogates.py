"""Surrogates that were learned elsewhere, as an alternative to the empirical prior: the port, and their beliefs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from metamodel.maps.completion import HIGHEST, LOWEST, CompletedMaps, KnownScores
from metamodel.maps.history import TaskHistory
from metamodel.maps.posterior import Posterior
from warmtune.vocabulary.arrays import FloatArray, IntArray


class Surrogate(Protocol):
    """A model of "configuration -> score" that adapts to a task's few trials. Immutable; threads may share it."""

    @property
    def name(self) -> str:
        """Of the algorithm, for people."""

    @property
    def version(self) -> str:
        """Of the content: equal for equal surrogates."""

    def to_bytes(self) -> bytes:
        """The surrogate as a file."""

    def predict(self, features: FloatArray, seen: IntArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What scores are expected everywhere, given some.

        Args:
            features: Shape ``(P, D)``: `UnitCube.features` of all points.
            seen: Shape ``(k,)``: observed points; may repeat, may be none.
            scores: Shape ``(k,)``: their signed scores (larger is better), in the metric's units.

        Returns:
            Mean and standard deviation of every point's signed score, both of shape ``(P,)``.
        """


class SurrogateRole(StrEnum):
    """What a surrogate does in place of the empirical prior."""

    MAPS = "maps"
    """Completes the past tasks' maps: recommendations and the prior of suggestions rest on these."""
    SUGGESTIONS = "suggestions"
    """Conditions on a study's trials."""


@dataclass(frozen=True, slots=True)
class SurrogateUse:
    """A surrogate and what it is used for.

    Attributes:
        surrogate: Learned on past tasks of one search space, metric and direction.
        role: What it does.
    """

    surrogate: Surrogate
    role: SurrogateRole

    @property
    def version(self) -> str:
        """Equal for equal surrogates in equal roles."""
        return f"{self.surrogate.version}-{self.role}"

    def in_role(self, role: SurrogateRole) -> Surrogate | None:
        """The surrogate, if it has this role."""
        return self.surrogate if self.role is role else None


SurrogateFit = Callable[[Sequence[TaskHistory]], SurrogateUse]
"""Learns a surrogate on past tasks."""


def condition_by(
    surrogate: Surrogate, features: FloatArray, *, width: float, seen: IntArray, scores: FloatArray
) -> Posterior | None:
    """The surrogate's belief after some trials; None where it isn't finite, as with scores beyond its numbers.

    Args:
        surrogate: Of the search space and metric.
        features: Shape ``(P, D)`` of all points.
        width: Expected difference between the task's best and worst score.
        seen: Shape ``(k,)``: observed points, at least one; may repeat.
        scores: Shape ``(k,)``: signed scores.
    """
    mean, sd = surrogate.predict(features, seen, scores)
    if not (np.isfinite(mean).all() and np.isfinite(sd).all()):
        return None
    smallest = 1e-9 * max(width, 1e-290)  # an exact prediction improves on nothing, and divides by nothing
    return Posterior(np.ones(1), np.array([width]), mean[None], np.maximum(sd, smallest)[None])


def complete_by(
    surrogate: Surrogate, known: Sequence[KnownScores], maps: CompletedMaps, features: FloatArray
) -> CompletedMaps:
    """Maps as the surrogate expects them after each task's own trials; where it has no finite answer they stay.

    Args:
        surrogate: Learned on these tasks.
        known: What each of the ``T`` tasks knows.
        maps: Completed by the empirical prior: best scores and widths are kept.
        features: Shape ``(A, D)`` of the anchors.
    """
    mean, variance = maps.mean.copy(), maps.variance.copy()
    low = maps.best - maps.width
    for row, task in enumerate(known):
        if maps.width[row] <= 0.0:
            continue
        score, sd = surrogate.predict(features, task.at, task.score)
        utility, spread = (score - low[row]) / maps.width[row], sd / maps.width[row]
        if np.isfinite(utility).all() and np.isfinite(spread).all():
            mean[row], variance[row] = np.clip(utility, LOWEST, HIGHEST), spread**2
    return CompletedMaps(mean, variance, maps.best, maps.width, maps.prior)
