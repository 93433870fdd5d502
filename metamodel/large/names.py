"""Names of many tasks in a few bytes each."""

from array import array
from collections.abc import Iterable
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
    def of(cls, tasks: Iterable[Task]) -> "TaskNames":
        """Of tasks with distinct identifiers."""
        writer = NameWriter()
        for task in tasks:
            writer.add(task)
        return writer.written()

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


class NameWriter:
    """Gathers names one task after another. For one thread."""

    def __init__(self) -> None:
        """Begin with none."""
        self._text = bytearray()
        self._ends = array("q")
        self._kinds = bytearray()
        self._ids: list[bytes] = []

    def add(self, task: Task) -> None:
        """The next task, of an identifier that no other has."""
        task_id = task.task_id.encode()
        for piece in (task_id, task.name.encode()):
            self._text += piece
            self._ends.append(len(self._text))
        self._kinds.append(_KINDS.index(task.kind))
        self._ids.append(task_id)

    def written(self) -> TaskNames:
        """All of them."""
        return TaskNames(
            text=np.frombuffer(bytes(self._text), dtype=np.uint8),
            ends=np.frombuffer(self._ends.tobytes(), dtype=np.int64),
            kinds=np.frombuffer(bytes(self._kinds), dtype=np.uint8),
            order=np.array(sorted(range(len(self._ids)), key=self._ids.__getitem__), dtype=np.int32),
        )
