"""Growing a forest that splits past tasks by their meta-features until those left together want the same."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from metamodel.embedding.near_copies import families_of
from metamodel.embedding.task_forest import TaskForest
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.work import check_wanted

MIN_TASKS: Final = 20
MAX_TASKS: Final = 600
"""Of more, a sample is grown on."""
N_TREES: Final = 100
MIN_LEAF: Final = 3
SPLIT_AMONG: Final = 0.5
"""Share of the meta-features that a split chooses among."""
N_DIRECTIONS: Final = 16
"""In which maps are compared: more would only take longer."""
SHARES: Final = (0.25, 0.5, 0.75)
"""Of the forest in the weights; it never decides alone."""
CAUTION: Final = 1.0
"""Standard errors that an advantage has to exceed."""


def grow_forest(
    scaled: FloatArray,
    maps: FloatArray,
    weights_without: Callable[[int], FloatArray],
    *,
    seed: int,
) -> TaskForest | None:
    """A random forest (Breiman, 2001) from meta-features to maps, and how far it is to be trusted.

    Trees see interactions and thresholds that a few coordinates don't. Each task's map is compared with the weighted
    mean of the others', by trees that haven't seen the task; the forest's share of the weights is that with the least
    error, and it is dropped where it doesn't beat the weights without it by a standard error.

    Args:
        scaled: Shape ``(T, d)``: meta-features as `MetaFeatureScaler` scales them, NaN for gaps.
        maps: Shape ``(T, m)``: what is to be alike, finite.
        weights_without: From a task to the weights without the forest, shape ``(T,)``, as if the task were new.
        seed: Of the trees and of the sample.

    Returns:
        None where there are too few tasks, nothing differs, or it doesn't help.
    """
    n_tasks, n_names = scaled.shape
    if n_tasks < MIN_TASKS or not n_names or not maps.var(axis=0).sum() > 0.0:
        return None
    tasks = np.sort(np.random.default_rng(seed).permutation(n_tasks)[:MAX_TASKS])
    wanted = _directions(maps)
    forest = _grown(scaled[tasks], wanted[tasks], tasks, seed=seed)
    errors: dict[float, list[float]] = {share: [] for share in (0.0, *SHARES)}
    equal = []
    for task in tasks.tolist():
        check_wanted()
        before = weights_without(task)
        by_forest = forest.weights_without(task, n_tasks)
        others = (np.arange(n_tasks) != task) / (n_tasks - 1)
        equal.append(_error(others, wanted, task))
        for share, found in errors.items():
            found.append(_error((1.0 - share) * before + share * by_forest, wanted, task))
    best = min(SHARES, key=lambda share: sum(errors[share]))
    less = np.array(errors[0.0]) - np.array(errors[best])
    if less.mean() <= CAUTION * less.std() / np.sqrt(len(less)):
        return None
    gain = 1.0 - sum(errors[best]) / max(sum(equal), 1e-300)
    return replace(forest, share=best, gain=min(max(gain, 0.0), 1.0))


def _directions(maps: FloatArray) -> FloatArray:
    """Where maps lie along the directions in which they differ most, shape ``(T, N_DIRECTIONS)`` or narrower."""
    left, spread, _ = np.linalg.svd(maps - maps.mean(axis=0), full_matrices=False)
    result: FloatArray = left[:, :N_DIRECTIONS] * spread[:N_DIRECTIONS]
    return result


def _error(weights: FloatArray, wanted: FloatArray, task: int) -> float:
    return float(((weights @ wanted - wanted[task]) ** 2).sum())


def _grown(scaled: FloatArray, wanted: FloatArray, tasks: IntArray, *, seed: int) -> TaskForest:
    from sklearn.tree import DecisionTreeRegressor  # noqa: PLC0415  # slow to import, and needed at a refit only

    rng = np.random.default_rng(seed)
    single = np.nan_to_num(scaled, nan=0.0).astype(np.float32)
    parts, leaves, drawn = [], [], []
    for number in range(N_TREES):
        check_wanted()
        rows = rng.integers(len(tasks), size=len(tasks))
        tree = DecisionTreeRegressor(min_samples_leaf=MIN_LEAF, max_features=SPLIT_AMONG, random_state=seed + number)
        parts.append(tree.fit(single[rows], wanted[rows]).tree_)
        leaves.append(tree.apply(single))
        drawn.append(np.bincount(rows, minlength=len(tasks)))
    roots = np.cumsum([0, *(part.node_count for part in parts[:-1])]).astype(np.int32)
    is_leaf = np.concatenate([part.children_left for part in parts]) < 0
    first = np.repeat(roots, [part.node_count for part in parts])
    left, right = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("children_left", "children_right")
    )
    return TaskForest(
        split_on=np.where(is_leaf, -1, np.concatenate([part.feature for part in parts])).astype(np.int32),
        threshold=np.concatenate([part.threshold for part in parts]),
        left=np.where(is_leaf, -1, left + first).astype(np.int32),
        right=np.where(is_leaf, -1, right + first).astype(np.int32),
        roots=roots,
        tasks=tasks,
        leaves=(np.stack(leaves, axis=1) + roots).astype(np.int32),
        drawn=np.minimum(np.stack(drawn, axis=1), np.iinfo(np.uint8).max).astype(np.uint8),
        family=families_of(scaled),
        share=0.0,
        gain=0.0,
    )
