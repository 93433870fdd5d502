"""Names of many tasks in a few bytes each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import IntArray
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

_KINDS: Final = tuple(TaskKind)


@dataclass(frozen=True, slots=True)
class TaskNames:
    """Identifiers, names and kinds of ``T`` tasks, as text in one piece.

    Attributes:
        text: Shape ``(n_bytes,)``, UTF-8: identifier and name of each task, one after another.
        ends: Shape ``(2 T,)``: where they end.
        kinds: Shape ``(T,)``: places in the order of `TaskKind`.
        order: Shape ``(T,)``: rows by identifier, ascending by its bytes.
    """

    text: NDArray[np.uint8]
    ends: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    order: NDArray[np.int32]

    @classmethod
    def of(cls, tasks: Sequence[Task]) -> "TaskNames":
        """Of tasks with distinct identifiers."""
        ids = [task.task_id.encode() for task in tasks]
        pieces = [piece for task, task_id in zip(tasks, ids, strict=True) for piece in (task_id, task.name.encode())]
        return cls(
            text=np.frombuffer(b"".join(pieces), dtype=np.uint8),
            ends=np.cumsum([len(piece) for piece in pieces], dtype=np.int64),
            kinds=np.array([_KINDS.index(task.kind) for task in tasks], dtype=np.uint8),
            order=np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int32),
        )

    def __len__(self) -> int:
        """How many tasks."""
        return len(self.kinds)

    def task(self, row: int) -> Task:
        """A task without its meta-features."""
        return Task(
            self._piece(2 * row).decode(), self._piece(2 * row + 1).decode(), _KINDS[self.kinds[row]], MetaFeatures({})
        )

    def rows_of(self, task_ids: Iterable[str]) -> IntArray:
        """Rows of those identifiers that are known, ascending."""
        found = (self._row_of(task_id.encode()) for task_id in task_ids)
        return np.array(sorted(row for row in found if row >= 0), dtype=np.intp)

    def _row_of(self, task_id: bytes) -> int:
        low, high = 0, len(self.order)
        while low < high:
            middle = (low + high) // 2
            if self._piece(2 * int(self.order[middle])) < task_id:
                low = middle + 1
            else:
                high = middle
        if low < len(self.order) and self._piece(2 * int(self.order[low])) == task_id:
            return int(self.order[low])
        return -1

    def _piece(self, number: int) -> bytes:
        start: Any = self.ends[number - 1] if number else 0
        return self.text[int(start) : int(self.ends[number])].tobytes()
