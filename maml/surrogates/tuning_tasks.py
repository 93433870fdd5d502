"""Past tuning tasks as arrays, and as the rows that learners take."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from maml.surrogates.score_scale import task_scale
from maml.tensors.examples import Examples
from warmtune.vocabulary.arrays import BoolArray, FloatArray
from warmtune.vocabulary.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Points:
    """Configurations in the unit cube of a search space.

    Attributes:
        cube: Shape ``(n, n_columns)``, in ``[0, 1]``; what an inactive coordinate holds doesn't matter.
        active: Same shape; whether the parameter is active under its conditions.
    """

    cube: FloatArray
    active: BoolArray

    def __post_init__(self) -> None:
        """Check shapes and range.

        Raises:
            InvalidInputError: If the arrays aren't two equal matrices, or an active coordinate is outside ``[0, 1]``.
        """
        if self.cube.ndim != 2 or self.cube.shape != self.active.shape:
            raise InvalidInputError(
                f"points need two equal matrices, got {self.cube.shape} and {self.active.shape}", field="points"
            )
        inside = (self.cube >= 0.0) & (self.cube <= 1.0)  # NaN fails
        if not (inside | ~self.active).all():
            raise InvalidInputError("an active coordinate lies outside [0, 1]", field="points", limit="[0, 1]")

    def __len__(self) -> int:
        """Number of configurations."""
        return len(self.cube)

    def take(self, rows: NDArray[np.intp] | BoolArray) -> "Points":
        """Some of the points."""
        return Points(self.cube[rows], self.active[rows])

    def to_inputs(self) -> FloatArray:
        """Shape ``(n, 2 * n_columns)``: coordinates, 0.5 where inactive, then the masks."""
        return np.concatenate([np.where(self.active, self.cube, 0.5), self.active.astype(np.float64)], axis=1)


@dataclass(frozen=True, slots=True)
class TuningTask:
    """What is known of one past (task, search space, metric).

    Attributes:
        points: The evaluated configurations.
        scores: Shape ``(n,)``, in the metric's units; NaN where a trial failed: such rows are left out.
        embedding: Shape ``(n_embedding,)``, finite: of the dataset; empty where nothing is known of any.
    """

    points: Points
    scores: FloatArray
    embedding: FloatArray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            InvalidInputError: If they differ, or a value is infinite.
        """
        if self.scores.shape != (len(self.points),):
            raise InvalidInputError(
                "every point needs a score", field="scores", value=self.scores.shape, limit=len(self.points)
            )
        if np.isinf(self.scores).any() or not np.isfinite(self.embedding).all():
            raise InvalidInputError("scores and embedding must be finite", field="scores")

    def finished(self) -> "TuningTask":
        """Without failed trials."""
        kept = ~np.isnan(self.scores)
        return TuningTask(self.points.take(kept), self.scores[kept], self.embedding)


def stack_tasks(tasks: Sequence[TuningTask]) -> tuple[Examples, torch.Tensor]:
    """Rows of all tasks, padded to the longest, targets normalised per task; and the embeddings.

    Returns:
        Rows ``(n_tasks, n, 2 * n_columns)`` with targets ``(n_tasks, n, 1)``, and ``(n_tasks, n_embedding)``; float32.
    """
    n = max(len(task.points) for task in tasks)
    width = 2 * tasks[0].points.cube.shape[1]
    inputs = np.zeros((len(tasks), n, width))
    targets, weights = np.zeros((len(tasks), n, 1)), np.zeros((len(tasks), n))
    for i, task in enumerate(tasks):
        centre, spread = task_scale(task.scores)
        inputs[i, : len(task.points)] = task.points.to_inputs()
        targets[i, : len(task.points), 0] = (task.scores - centre) / spread
        weights[i, : len(task.points)] = 1.0
    rows = Examples(*(torch.tensor(a, dtype=torch.float32) for a in (inputs, targets, weights)))
    return rows, torch.tensor(np.stack([task.embedding for task in tasks]), dtype=torch.float32)


def to_rows(points: Points, scores: FloatArray) -> Examples:
    """Rows of one task; scores already normalised."""
    return Examples(
        torch.tensor(points.to_inputs(), dtype=torch.float32),
        torch.tensor(scores[:, None], dtype=torch.float32),
        torch.ones(len(points), dtype=torch.float32),
    )
