"""Past tasks of which only the names are at hand."""

from collections.abc import Sequence
from typing import overload

import numpy as np

from metamodel.large.many_tasks import ManyTasks
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.arrays import IntArray


class NamedHistories(Sequence[TaskHistory]):
    """Histories without trials, each made when it is asked for."""

    def __init__(self, many: ManyTasks, rows: IntArray) -> None:
        """Of some of the tasks.

        Args:
            many: All of them.
            rows: Shape ``(n,)``: which.
        """
        self._many = many
        self._rows = rows

    def __len__(self) -> int:
        """How many."""
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> TaskHistory: ...

    @overload
    def __getitem__(self, at: slice) -> "NamedHistories": ...

    def __getitem__(self, at: int | slice) -> "TaskHistory | NamedHistories":
        """One, or some of them."""
        if isinstance(at, slice):
            return NamedHistories(self._many, self._rows[at])
        return TaskHistory(self._many.task(int(self._rows[at])), (), np.zeros(0), np.zeros(0))
