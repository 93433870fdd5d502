"""What a past task knows about a search space: configurations, scores and durations as arrays."""

from dataclasses import dataclass

import numpy as np

from warmtune.vocabulary.arrays import BoolArray, FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import Task


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """All trials of one past task over one search space under one metric.

    Attributes:
        task: The task.
        configurations: What was evaluated, ``n`` of them; of any space with the same or aliased names.
        scores: Shape ``(n,)``, in the metric's own units and direction; NaN where the trial failed.
        durations_s: Shape ``(n,)``, seconds; NaN where not known.
        noise: Shape ``(n,)``, not negative: variance to add to that of the utilities, since a configuration was mapped
            from another search space; None where all are as they were evaluated.
        adjustments: What was changed in each configuration, in words; None where nothing was.
        failed: Shape ``(n,)``: which trials failed; None where those are the ones without a score.
        infeasible: Shape ``(n,)``: which trials violate a constraint, and have no score for that; None where none does.
    """

    task: Task
    configurations: tuple[Configuration, ...]
    scores: FloatArray
    durations_s: FloatArray
    noise: FloatArray | None = None
    adjustments: tuple[tuple[str, ...], ...] | None = None
    failed: BoolArray | None = None
    infeasible: BoolArray | None = None

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            InvalidInputError: If they differ, a score is infinite, or a noise isn't a finite number from 0.
        """
        shape = (len(self.configurations),)
        if self.scores.shape != shape or self.durations_s.shape != shape:
            raise InvalidInputError(
                f"{shape[0]} configurations need as many scores and durations, got "
                f"{self.scores.shape} and {self.durations_s.shape}"
            )
        if np.isinf(self.scores).any():
            raise InvalidInputError("a past score is infinite", field="scores")
        if self.noise is not None:
            if self.noise.shape != shape:
                raise InvalidInputError(f"{shape[0]} configurations need as many noises, got {self.noise.shape}")
            if not (np.isfinite(self.noise) & (self.noise >= 0.0)).all():
                raise InvalidInputError("noise must be finite and not negative", field="noise", limit="0 or more")
        for field in ("failed", "infeasible"):
            flags: BoolArray | None = getattr(self, field)
            if flags is not None and flags.shape != shape:
                raise InvalidInputError(f"{shape[0]} configurations need as many flags, got {flags.shape}", field=field)
        if self.adjustments is not None and len(self.adjustments) != shape[0]:
            raise InvalidInputError(f"{shape[0]} configurations need as many adjustments, got {len(self.adjustments)}")

    @property
    def is_failed(self) -> BoolArray:
        """Shape ``(n,)``: which trials failed."""
        if self.failed is not None:
            return self.failed
        without: BoolArray = np.isnan(self.scores) & ~self.is_infeasible
        return without

    @property
    def is_infeasible(self) -> BoolArray:
        """Shape ``(n,)``: which trials violate a constraint."""
        return np.zeros(len(self.scores), dtype=bool) if self.infeasible is None else self.infeasible
