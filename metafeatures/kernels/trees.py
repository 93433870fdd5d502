"""Compiled growth of a binary decision tree on presorted columns (CART, Breiman et al., 1984).

Both criteria come down to one number. With S the vector of class counts of a node (or, for regression, the sum of
its targets) and n its rows, a split is best where ``|S_left|^2 / n_left + |S_right|^2 / n_right`` is largest: that
minimises the Gini impurity, or the squared error.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from metafeatures.arrays import CodeArray, FloatArray, IndexArray
from metafeatures.kernels.compiled import kernel

_TIE = 1e-12  # splits that differ less are equal: rounding must not choose between columns
_ROUNDING = 1e-12  # far more than products with reciprocals differ from quotients


class Observations(NamedTuple):
    """What a tree is grown on.

    Attributes:
        values: Shape ``(p, n)``, finite.
        codes: Shape ``(n,)``: classes, or all -1 for regression.
        y: Shape ``(n,)``: the target of a regression.
        n_outputs: Number of classes; 1 for regression.
        min_leaf: Fewest rows of a leaf.
    """

    values: FloatArray
    codes: CodeArray
    y: FloatArray
    n_outputs: int
    min_leaf: int


class Splits(NamedTuple):
    """A grown tree, one element a node, parents before children.

    Attributes:
        column: Column that a node splits on, -1 for a leaf.
        threshold: Rows with at most this go left.
        left: Left child, -1 for a leaf; the right child is the next.
        impurity: Gini impurity, or variance of the target.
        span: Shape ``(n_nodes, 2)``: first and last (exclusive) place of the node's rows.
    """

    column: IndexArray
    threshold: FloatArray
    left: IndexArray
    impurity: FloatArray
    span: IndexArray


@kernel
def _best_split(
    data: Observations, order: CodeArray, totals: FloatArray, span: tuple[int, int]
) -> tuple[int, int, float]:
    """Column, place in its order and threshold of the best split of a node's rows; column -1 where there is none."""
    start, end = span
    values, codes, y = data.values, data.codes, data.y
    n = end - start
    n_classes = totals.size if codes[0] >= 0 else 0
    best_column, best_place, best_threshold, best = -1, -1, 0.0, -np.inf
    bound = -np.inf  # a little below what a score has to exceed
    inverse = 1.0 / np.arange(1.0, n + 1.0)
    counts = np.empty(totals.size)
    every = np.sum(totals * totals)
    for column in range(values.shape[0]):
        counts[:] = 0.0
        left, right, first = 0.0, every, 0.0
        here = values[column, order[column, start]]
        for place in range(start, end - 1):
            row = order[column, place]
            n_left = place + 1 - start
            if n_classes == 2:
                first += codes[row] == 0
                rest = n_left - first
                left = first * first + rest * rest
                right = (totals[0] - first) * (totals[0] - first) + (totals[1] - rest) * (totals[1] - rest)
            elif n_classes > 0:  # |S|^2 changes by (c + 1)^2 - c^2 where a class goes from c to c + 1 rows
                code = codes[row]
                left += 2.0 * counts[code] + 1.0
                right -= 2.0 * (totals[code] - counts[code]) - 1.0
                counts[code] += 1.0
            else:
                first += y[row]
                left = first * first
                right = (totals[0] - first) * (totals[0] - first)
            there = values[column, order[column, place + 1]]
            if (
                here < there
                and left * inverse[n_left - 1] + right * inverse[n - n_left - 1] > bound
                and n_left >= data.min_leaf
                and n - n_left >= data.min_leaf
            ):
                score = left / n_left + right / (n - n_left)
                if best_column < 0 or score > best + _TIE * n:
                    best, best_column, best_place = score, column, place
                    bound = (best + _TIE * n) * (1.0 - _ROUNDING)
                    middle = 0.5 * (here + there)
                    best_threshold = middle if middle < there else here
            here = there
    return best_column, best_place, best_threshold


@kernel
def _partition(order: CodeArray, goes_left: npt.NDArray[np.bool_], start: int, end: int, n_columns: int) -> int:  # noqa: PLR0917
    """Stably bring the rows that go left to the front of the first columns' order; return where the right ones begin.

    Every row is written to both sides, and the one that counts stays: half of all branches would be mispredicted.
    """
    spare = np.empty(end - start, dtype=np.int32)
    middle = start
    for column in range(n_columns):
        n_left, n_right = start, 0
        for place in range(start, end):
            row = order[column, place]
            order[column, n_left] = row
            spare[n_right] = row
            stays = goes_left[row]
            n_left += stays
            n_right += not stays
        order[column, n_left:end] = spare[:n_right]
        middle = n_left
    return middle


@kernel
def _totals(rows: CodeArray, codes: CodeArray, y: FloatArray, n_outputs: int) -> tuple[FloatArray, float]:
    """Class counts (or the sum of targets) and the impurity of a node."""
    totals = np.zeros(n_outputs)
    squares = 0.0
    for row in rows:
        if codes[row] >= 0:
            totals[codes[row]] += 1.0
        else:
            totals[0] += y[row]
            squares += y[row] * y[row]
    n = rows.size
    if codes[0] >= 0:
        return totals, 1.0 - np.sum(totals * totals) / (n * n)
    return totals, max(squares / n - (totals[0] / n) ** 2, 0.0)


@kernel
def grow(data: Observations, order: CodeArray) -> Splits:
    """Grow a tree until its leaves are pure, alike in all columns, or too small to part.

    Args:
        data: What it is grown on.
        order: Shape ``(p, n)``: the rows in each column's order; changed in place, at the end every node's rows lie
            together.
    """
    codes, y = data.codes, data.y
    n = codes.size
    capacity = 2 * n
    column = np.full(capacity, -1, dtype=np.int64)
    threshold = np.zeros(capacity)
    left = np.full(capacity, -1, dtype=np.int64)
    impurity = np.zeros(capacity)
    span = np.zeros((capacity, 2), dtype=np.int64)
    goes_left = np.zeros(n, dtype=np.bool_)
    span[0, 1] = n
    n_nodes, node = 1, 0
    pure = 0.0
    while node < n_nodes:
        start, end = span[node]
        totals, impurity[node] = _totals(order[0, start:end].copy(), codes, y, data.n_outputs)
        if node == 0:
            pure = _TIE * impurity[0]
        if impurity[node] > pure and end - start >= 2 * data.min_leaf:
            best, place, cut = _best_split(data, order, totals, (start, end))
            if best >= 0:
                for i in range(start, end):
                    goes_left[order[best, i]] = i <= place
                middle = _partition(order, goes_left, start, end, order.shape[0])
                column[node], threshold[node] = best, cut
                left[node] = n_nodes
                span[n_nodes, 0], span[n_nodes, 1] = start, middle
                span[n_nodes + 1, 0], span[n_nodes + 1, 1] = middle, end
                n_nodes += 2
        node += 1
    return Splits(column[:n_nodes], threshold[:n_nodes], left[:n_nodes], impurity[:n_nodes], span[:n_nodes])


@kernel
def find_nodes(X: FloatArray, splits: Splits, depth: int) -> IndexArray:
    """The node that each row of `X`, shape ``(n, p)``, reaches after at most `depth` splits; shape ``(n,)``."""
    out = np.zeros(X.shape[0], dtype=np.int64)
    for i in range(X.shape[0]):
        node = 0
        for _ in range(depth):
            if splits.column[node] < 0:
                break
            stays = X[i, splits.column[node]] <= splits.threshold[node]
            node = splits.left[node] if stays else splits.left[node] + 1
        out[i] = node
    return out
