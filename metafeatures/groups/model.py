"""Group `model`: the shape of one decision tree, grown on all of the small sample until a leaf would have one row.

Where a tree is deep, bushy and uses all columns, the target depends on many of them together.
"""

import math

import numpy as np

from metafeatures.encoding import EncodedSample
from metafeatures.entry import Cost, Entry, Group
from metafeatures.facts import Gap, Values
from metafeatures.tree import Tree, class_tree, number_tree

_MIN_LEAF = 2
_INF = math.inf


def _entry(name: str, formula: str, high: float = 1.0) -> Entry:
    return Entry(name, Group.MODEL, formula, "Peng et al. (2002)", Cost.FIT, low=0.0, high=high)


ENTRIES: tuple[Entry, ...] = (
    _entry("tree_leaves_per_row", "leaves / rows of the small sample"),
    _entry("tree_log_leaves", "ln(leaves)", _INF),
    _entry("tree_depth", "depth of the deepest leaf", _INF),
    _entry("tree_leaf_depth_mean", "mean depth of leaves, weighted by rows", _INF),
    _entry("tree_leaf_depth_sd", "standard deviation of the depth of leaves, weighted by rows", _INF),
    _entry("tree_balance", "log2(leaves) / mean depth of leaves: 1 for a balanced tree"),
    _entry("tree_leaf_size_entropy", "entropy of the leaves' shares of rows / ln(leaves)"),
    _entry("tree_columns_used", "columns that the tree splits on / columns"),
    _entry("tree_splits_per_column", "ln(1 + splits / columns)", _INF),
    _entry("tree_importance_max", "largest impurity importance"),
    _entry("tree_importance_entropy", "entropy of the importances / ln(columns)"),
    _entry("tree_root_gain", "share of the impurity that the first split removes"),
    _entry("tree_leaf_impurity", "impurity left in the leaves / impurity at the root"),
)


def model(encoded: EncodedSample) -> Values:
    """Compute the group."""
    if encoded.n_columns == 0 or encoded.n < 2 * _MIN_LEAF:
        gap = Gap(f"fewer than {2 * _MIN_LEAF} rows" if encoded.n_columns else "no column that models can use")
        return {entry.name: gap for entry in ENTRIES}
    if encoded.classes is not None:
        tree = class_tree(encoded.ordinal, encoded.classes, int(encoded.classes.max()) + 1, min_leaf=_MIN_LEAF)
    else:
        y = encoded.y if encoded.y is not None else np.zeros(encoded.n)
        tree = number_tree(encoded.ordinal, y, min_leaf=_MIN_LEAF)
    if len(tree.splits.column) == 1:
        gap = Gap("no split separates the target")
        return {entry.name: gap for entry in ENTRIES}
    return _shape(tree, encoded.n_columns) | _use(tree, encoded.n_columns)


def _shape(tree: Tree, n_columns: int) -> Values:
    depth = np.zeros(len(tree.splits.column))
    for node in np.flatnonzero(tree.splits.left >= 0):  # parents come before their children
        depth[tree.splits.left[node] : tree.splits.left[node] + 2] = depth[node] + 1
    leaves = tree.splits.left < 0
    share, leaf_depth = tree.weights[leaves], depth[leaves]
    n_leaves = int(leaves.sum())
    mean = float(share @ leaf_depth)
    return {
        "tree_leaves_per_row": n_leaves / len(tree.rows),
        "tree_log_leaves": math.log(n_leaves),
        "tree_depth": float(leaf_depth.max()),
        "tree_leaf_depth_mean": mean,
        "tree_leaf_depth_sd": math.sqrt(max(float(share @ (leaf_depth - mean) ** 2), 0.0)),
        "tree_balance": min(math.log2(n_leaves) / float(leaf_depth.mean()), 1.0),
        "tree_leaf_size_entropy": min(float(-share @ np.log(share)) / math.log(n_leaves), 1.0),
        "tree_splits_per_column": math.log1p((n_leaves - 1) / n_columns),
    }


def _use(tree: Tree, n_columns: int) -> Values:
    importance, mass = tree.importances, tree.weights * tree.splits.impurity
    used = importance[importance > 0.0]
    spread = float(-used @ np.log(used)) / math.log(n_columns) if n_columns > 1 else 0.0
    left = int(tree.splits.left[0])
    return {
        "tree_columns_used": len(used) / n_columns,
        "tree_importance_max": float(importance.max()),
        "tree_importance_entropy": min(max(spread, 0.0), 1.0),
        "tree_root_gain": min(max(1.0 - float(mass[left] + mass[left + 1]) / float(mass[0]), 0.0), 1.0),
        "tree_leaf_impurity": min(float(mass[tree.splits.left < 0].sum() / mass[0]), 1.0),
    }
