"""A forest that was grown on the core speaks for many more tasks: those that end in the same leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metamodel.embedding.neighbours import MetaFeatureScaler
from metamodel.embedding.task_forest import TaskForest
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.arrays import Float32Array, FloatArray

MAX_POOL: Final = 8_192
"""Tasks at equal steps, fourteen times those that a forest is grown on: a leaf then has dozens to choose from, and
looking at all of them takes a millisecond."""


@dataclass(frozen=True, slots=True)
class LeafPool:
    """In which leaves some tasks of a large past end.

    Attributes:
        rows: Shape ``(m,)``, ascending: which tasks.
        leaves: Shape ``(m, k)``: the node in which each ends, of each tree.
    """

    rows: NDArray[np.int32]
    leaves: NDArray[np.uint16]

    def weights(self, ends: NDArray[np.int32], shares: Float32Array) -> FloatArray:
        """How much each task speaks for one that ends in the leaves ``(k,)``; shape ``(m,)``, sums to 1 or is 0.

        The mean over trees of each task's part of the leaf (Meinshausen, 2006), as in a forest's own weights.

        Args:
            ends: Of the asked task.
            shares: Shape ``(m,)``: how much each task counts beside its near copies.
        """
        together = (self.leaves == ends.astype(np.uint16)) * shares[:, None]
        in_leaf = together.sum(axis=0)
        found = together @ np.where(in_leaf > 0.0, 1.0 / np.maximum(in_leaf, 1e-30), 0.0)
        result: FloatArray = found.astype(np.float64) / max(float(found.sum()), 1e-300)
        return result


class PoolWriter:
    """Gathers a pool from block after block. For one thread."""

    def __init__(self, forest: TaskForest, scaler: MetaFeatureScaler, n_tasks: int) -> None:
        """Begin with none.

        Args:
            forest: Grown on the core, with fewer than 65,536 nodes.
            scaler: Of its inputs.
            n_tasks: Tasks that will come.
        """
        self._forest = forest
        self._scaler = scaler
        self._step = max(-(-n_tasks // MAX_POOL), 1)
        self._rows: list[int] = []
        self._leaves = [np.zeros((0, len(forest.roots)), dtype=np.uint16)]

    def add(self, start: int, block: Sequence[TaskHistory]) -> None:
        """The next tasks, of which the first has the number ``start``."""
        chosen = [row for row in range(len(block)) if (start + row) % self._step == 0]
        scaled = self._scaler.transform([block[row].task.meta_features for row in chosen])
        self._rows += [start + row for row in chosen]
        self._leaves.append(self._forest.ends(np.nan_to_num(scaled, nan=0.0)).astype(np.uint16))

    def written(self) -> LeafPool:
        """All of them."""
        return LeafPool(np.array(self._rows, dtype=np.int32), np.concatenate(self._leaves))
