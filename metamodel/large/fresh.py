"""Tasks of a large past whose trials came in after it was learned from: a few beside the many."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import Float32Array, IntArray
from warmtune.vocabulary.task import Task


@dataclass(frozen=True, slots=True)
class FreshTask:
    """What is kept of one task after its latest trials; numbers as in `metamodel.large.many_tasks.ManyTasks`.

    Attributes:
        task: Who it is.
        coefficients: Shape ``(r,)``.
        uncertainty: Shape ``(q,)``.
        best: Signed score of utility 1.
        width: Signed score between utilities 1 and 0.
        typical: Median utility of the anchors that somebody has tried.
        places: Shape ``(E,)``.
        shares: How much it counts beside its near copies.
        anchor: Shape ``(k,)`` of its trials.
        outcome: Shape ``(k,)``: 1 failed, 2 infeasible, 0 neither.
    """

    task: Task
    coefficients: Float32Array
    uncertainty: Float32Array
    best: float
    width: float
    typical: float
    places: Float32Array
    shares: float
    anchor: IntArray
    outcome: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FreshTasks:
    """Some tasks that take the place of what was learned of them, or are new.

    Attributes:
        tasks: By row; new ones have rows beyond those that were learned.
        rows: Shape ``(u,)``, ascending.
        places: Shape ``(u, E)``.
        new_rows: Rows of the new ones, by identifier.
    """

    tasks: Mapping[int, FreshTask]
    rows: IntArray
    places: Float32Array
    new_rows: Mapping[str, int]

    @classmethod
    def of(cls, tasks: Mapping[int, FreshTask], n_learned: int) -> "FreshTasks":
        """Of at least one task, by row.

        Args:
            tasks: As in the attributes.
            n_learned: Rows from here on are new.
        """
        rows = sorted(tasks)
        new_rows = {tasks[row].task.task_id: row for row in rows if row >= n_learned}
        return cls(tasks, np.array(rows, dtype=np.intp), np.stack([tasks[row].places for row in rows]), new_rows)
