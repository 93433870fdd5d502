"""Neighbours: stored tasks by how much their meta-features are like another task's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A stored task and how much it is like the asked one.

    Attributes:
        task_id: Of the stored task.
        task_name: Its name.
        similarity: In [0, 1], 1 for equal meta-features; 0 where nothing is known of both tasks.
        n_shared: Meta-features of both tasks that were compared; 0 where none could be.
        reason: Why nothing was compared, in a sentence; empty where something was.
    """

    task_id: str
    task_name: str
    similarity: float
    n_shared: int
    reason: str = ""
