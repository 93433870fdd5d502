"""A forest small enough to know what it says."""

import numpy as np

from metamodel.embedding.task_forest import TaskForest


def forest_of_one_split(n_tasks: int, *, share: float = 0.5) -> TaskForest:
    """One tree: up to 0 in the first meta-feature the first half of the tasks, above it the second, all drawn once."""
    return TaskForest(
        split_on=np.array([0, -1, -1], dtype=np.int32),
        threshold=np.array([0.0, -2.0, -2.0]),
        left=np.array([1, -1, -1], dtype=np.int32),
        right=np.array([2, -1, -1], dtype=np.int32),
        roots=np.array([0], dtype=np.int32),
        tasks=np.arange(n_tasks),
        leaves=np.where(np.arange(n_tasks) < n_tasks // 2, 1, 2).astype(np.int32)[:, None],
        drawn=np.ones((n_tasks, 1), dtype=np.uint8),
        family=np.arange(n_tasks),
        share=share,
        gain=0.4,
    )
