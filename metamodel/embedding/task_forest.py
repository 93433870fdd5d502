"""Which past tasks end in the same leaves as a new one, in trees that split them by meta-features; numpy only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import FloatArray, IntArray

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class TaskForest:
    """A grown forest; immutable, threads may share it.

    A past task's weight is the mean over trees of its share of the leaf that the new task ends in, by how often it was
    drawn for the tree: what a random forest's prediction is the weighted mean by (Meinshausen, 2006).

    Attributes:
        split_on: Shape ``(n,)`` of all trees' nodes: the column that decides, -1 in a leaf.
        threshold: Shape ``(n,)``: up to it a task goes left.
        left: Shape ``(n,)``: that node, -1 in a leaf.
        right: Shape ``(n,)``: the other one.
        roots: Shape ``(k,)``: first node of each tree.
        tasks: Shape ``(m,)``: the past tasks that it was grown on, ascending.
        leaves: Shape ``(m, k)``: the node in which each of them ends.
        drawn: Shape ``(m, k)``: how often each was drawn for each tree; 0: that tree hasn't seen it.
        family: Shape ``(m,)``: nearly equal tables have one number.
        share: Part of the weights that the forest decides, in [0, 1], as measured on tasks that trees haven't seen.
        gain: Share of the squared error of equal weights that is removed with it on such tasks, in [0, 1].
    """

    split_on: Numbers
    threshold: FloatArray
    left: Numbers
    right: Numbers
    roots: Numbers
    tasks: IntArray
    leaves: Numbers
    drawn: NDArray[np.uint8]
    family: IntArray
    share: float
    gain: float

    def weights(self, inputs: FloatArray, n_tasks: int) -> FloatArray:
        """How much each past task speaks for a new one, shape ``(n_tasks,)``, summing to 1.

        Args:
            inputs: Shape ``(d,)``: scaled meta-features, 0 for gaps.
            n_tasks: Past tasks altogether.
        """
        return self._spread_out(self._shares(self.ends(inputs[None])[0], np.arange(len(self.roots))), n_tasks)

    def weights_without(self, row: int, n_tasks: int) -> FloatArray:
        """The same for one of its own tasks, by trees that haven't seen it, and without it and nearly equal tables.

        Args:
            row: Which of the past tasks; to one that the forest wasn't grown on, all of its
                own tasks speak alike.
            n_tasks: Past tasks altogether.
        """
        at = int(np.searchsorted(self.tasks, row))
        shares = np.zeros(len(self.tasks))
        if at < len(self.tasks) and self.tasks[at] == row:
            shares = self._shares(self.leaves[at], np.flatnonzero(self.drawn[at] == 0))
            shares[self.family == self.family[at]] = 0.0
        if not shares.any():
            shares = (self.tasks != row).astype(np.float64)
        return self._spread_out(shares, n_tasks)

    def ends(self, inputs: FloatArray) -> Numbers:
        """The leaf of each tree that tasks end in, shape ``(n, k)``.

        Args:
            inputs: Shape ``(n, d)``: scaled meta-features, 0 for gaps.
        """
        single = inputs.astype(np.float32)  # what the thresholds were chosen between
        at = np.tile(self.roots, (len(single), 1))
        inner = self.split_on[at] >= 0
        while inner.any():
            node = at[inner]
            goes_left = single[np.nonzero(inner)[0], self.split_on[node]] <= self.threshold[node]
            at[inner] = np.where(goes_left, self.left[node], self.right[node])
            inner = self.split_on[at] >= 0
        return at

    def _shares(self, ends: Numbers, trees: IntArray) -> FloatArray:
        """Mean over some trees of each task's share of the leaf, shape ``(m,)``."""
        together = np.where(self.leaves[:, trees] == ends[trees], self.drawn[:, trees], 0).astype(np.float64)
        in_leaf = together.sum(axis=0)
        result: FloatArray = together @ np.where(in_leaf > 0.0, 1.0 / np.maximum(in_leaf, 1.0), 0.0)
        return result

    def _spread_out(self, shares: FloatArray, n_tasks: int) -> FloatArray:
        result = np.zeros(n_tasks)
        result[self.tasks] = shares / max(float(shares.sum()), 1e-300)
        return result
