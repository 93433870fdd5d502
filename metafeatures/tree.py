"""Decision trees for landmarks and for their shape; scikit-learn's, without its set-up costs."""

from dataclasses import dataclass

import numpy as np

from metafeatures.arrays import CodeArray, FloatArray
from metafeatures.kernels.trees import Observations, Splits, find_nodes, grow

FULL_DEPTH = 1_000_000
_SMALL = 2**15


@dataclass(frozen=True, slots=True)
class Tree:
    """A grown tree; nodes are numbered parents first, 0 is the root.

    Attributes:
        splits: Its nodes.
        rows: Training rows, each node's together.
        outcome: Shape ``(n_rows, n_outputs)``: what each training row adds to its node: an indicator for each class,
            or the target.
        is_counted: Whether outcomes are indicators: sums of them are whole numbers, exact in any order.
    """

    splits: Splits
    rows: CodeArray
    outcome: FloatArray
    is_counted: bool

    def mean_outcome(self, X: FloatArray, *, depth: int = FULL_DEPTH) -> FloatArray:
        """Mean outcome of the node that each row reaches after `depth` splits; shape ``(n, n_outputs)``."""
        nodes = find_nodes(X, self.splits, depth)
        reached, which = np.unique(nodes, return_inverse=True)
        spans = self.splits.span[reached]
        if self.is_counted:
            before = np.zeros((len(self.rows) + 1, self.outcome.shape[1]))
            np.cumsum(self.outcome[self.rows], axis=0, out=before[1:])
            means = (before[spans[:, 1]] - before[spans[:, 0]]) / (spans[:, 1:] - spans[:, :1])
        else:
            means = np.stack([self.outcome[self.rows[start:end]].mean(axis=0) for start, end in spans])
        found: FloatArray = means[which]
        return found

    @property
    def weights(self) -> FloatArray:
        """Share of the training rows in each node.

        Shape ``(n_nodes,)``, in (0, 1].
        """
        share: FloatArray = np.diff(self.splits.span, axis=1)[:, 0] / len(self.rows)
        return share

    @property
    def importances(self) -> FloatArray:
        """Impurity that the splits on each column remove, weighted by rows, summing to 1; by column.

        Shape ``(p,)``.
        """
        column, left = self.splits.column, self.splits.left
        parents = np.flatnonzero(column >= 0)
        mass = self.weights * self.splits.impurity
        gain = mass[parents] - mass[left[parents]] - mass[left[parents] + 1]
        total = np.bincount(column[parents], weights=np.maximum(gain, 0.0)).astype(np.float64)
        return total / total.sum() if total.sum() > 0.0 else total


def class_tree(X: FloatArray, y: CodeArray, n_classes: int, *, min_leaf: int = 1) -> Tree:
    """Grow a classification tree. `X`: shape ``(n, p)``, finite; `y`: codes below `n_classes`."""
    indicator = (y[:, None] == np.arange(n_classes)).astype(np.float64)
    values = np.ascontiguousarray(X.T)
    return _grown(Observations(values, y, np.zeros(len(y)), n_classes, min_leaf), indicator, is_counted=True)


def number_tree(X: FloatArray, y: FloatArray, *, min_leaf: int = 1) -> Tree:
    """Grow a regression tree. `X`: shape ``(n, p)``, finite; `y`: finite."""
    centred = y - y.mean()  # keeps the digits of sums of squares
    codes = np.full(len(y), -1, dtype=np.int32)
    return _grown(Observations(np.ascontiguousarray(X.T), codes, centred, 1, min_leaf), y[:, None], is_counted=False)


def _grown(data: Observations, outcome: FloatArray, *, is_counted: bool) -> Tree:
    order = _ordered(data.values)
    splits = grow(data, order)
    return Tree(splits, order[0], outcome, is_counted)


def _ordered(values: FloatArray) -> CodeArray:
    """The rows in each column's order, ties in their own; of the shape ``(p, n)`` of `values`.

    Ranks and codes, which is what landmarks are grown on, are small and whole: as such they are sorted by radix, many
    times faster.
    """
    small = values.astype(np.int16) if np.abs(values).max(initial=0.0) < _SMALL else values
    usable = small if np.array_equal(small, values) else values
    order: CodeArray = np.argsort(usable, axis=1, kind="stable").astype(np.int32)
    return order
