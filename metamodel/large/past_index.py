"""A first look at a past that may be too large to be held in memory: who is there, and how much each task counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metamodel.large.descriptions import Descriptions
from metamodel.large.names import NameWriter, TaskNames
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.work import check_wanted

BLOCK: Final = 2_048
"""Histories that are in memory at once."""


@dataclass(frozen=True, slots=True)
class PastIndex:
    """Of the ``T`` tasks of a past that have at least one score.

    Attributes:
        rows: Shape ``(T,)``: their places among the histories, ascending.
        names: Who they are.
        n_trials: Shape ``(T,)``.
        shares: Shape ``(T,)``: how much each counts beside its near copies.
    """

    rows: IntArray
    names: TaskNames
    n_trials: NDArray[np.int32]
    shares: FloatArray

    @classmethod
    def of(cls, histories: Sequence[TaskHistory]) -> "PastIndex":
        """Look at each history once, in order; none is kept."""
        rows, n_trials, names, described = [], [], NameWriter(), Descriptions(len(histories))
        for row, history in enumerate(histories):
            if row % BLOCK == 0:
                check_wanted()
            if not np.isnan(history.scores).all():
                rows.append(row)
                n_trials.append(len(history.scores))
                names.add(history.task)
                described.add(history.task.meta_features)
        written = names.written()
        return cls(
            rows=np.array(rows, dtype=np.intp),
            names=written,
            n_trials=np.array(n_trials, dtype=np.int32),
            shares=described.shares(written.kinds.astype(np.intp)),
        )

    def __len__(self) -> int:
        """How many tasks."""
        return len(self.rows)

    def blocks(self, histories: Sequence[TaskHistory]) -> Iterator[tuple[slice, list[TaskHistory]]]:
        """The tasks' histories again, `BLOCK` at a time, each with where they are among the ``T``."""
        for start in range(0, len(self.rows), BLOCK):
            check_wanted()
            which = slice(start, min(start + BLOCK, len(self.rows)))
            yield which, [histories[int(row)] for row in self.rows[which]]
