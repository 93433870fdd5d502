"""Which trials of the past failed or were infeasible, counted at the maps' anchors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metamodel.maps.history import TaskHistory
from metamodel.maps.tried import TriedAnchors
from warmtune.vocabulary.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class PastOutcomes:
    """Trials by past task and anchor, as ``m`` triplets, so that what was never tried takes no memory.

    Attributes:
        task: Shape ``(m,)``: index of the past task.
        anchor: Shape ``(m,)``: index of the anchor, the trial's own or the nearest.
        failed: Shape ``(m,)``: 1 where the trial failed, else 0.
        infeasible: Shape ``(m,)``: 1 where it violated a constraint, else 0.
    """

    task: IntArray
    anchor: IntArray
    failed: FloatArray
    infeasible: FloatArray

    @classmethod
    def of_histories(cls, histories: Sequence[TaskHistory], tried: TriedAnchors) -> "PastOutcomes | None":
        """Count the histories' trials at anchors; None where none of them failed or was infeasible."""
        if not any(h.is_failed.any() or h.is_infeasible.any() for h in histories):
            return None
        return cls(
            task=np.repeat(np.arange(len(histories)), [len(at) for at in tried.at]),
            anchor=np.concatenate(tried.at),
            failed=np.concatenate([h.is_failed for h in histories]).astype(np.float64),
            infeasible=np.concatenate([h.is_infeasible for h in histories]).astype(np.float64),
        )

    def at_anchors(self, weights: FloatArray, happened: FloatArray, n_anchors: int) -> tuple[FloatArray, FloatArray]:
        """How often something happened at each anchor, and how often that was tried, by tasks' weights.

        Args:
            weights: Shape ``(T,)``: how much each past task speaks; a trial of a task of weight ``1 / n`` counts as one
                trial, ``n`` being the number of tasks that the weights rest on.
            happened: Shape ``(m,)``: `failed` or `infeasible`.
            n_anchors: Number of anchors ``A``.

        Returns:
            Two arrays of shape ``(A,)``.
        """
        n_tasks = 1.0 / max(float((weights**2).sum()), 1e-300) if weights.any() else 0.0
        counts = n_tasks * weights[self.task]
        hits: FloatArray = np.bincount(self.anchor, weights=counts * happened, minlength=n_anchors).astype(np.float64)
        tried: FloatArray = np.bincount(self.anchor, weights=counts, minlength=n_anchors).astype(np.float64)
        return hits, tried
