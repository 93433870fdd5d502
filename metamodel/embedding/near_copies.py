"""Near copies of tasks: a task that is left out is left out with its near copies, or its own scores answer for it."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from metamodel.embedding.neighbours import MetaFeatureScaler, distances
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.task import Task
from warmtune.vocabulary.work import check_wanted

THRESHOLD = 0.05
"""Mean scaled difference of meta-features: what a table and its own row subsample of nine tenths differ by."""
MIN_SHARED = 5
"""Tasks that share fewer known meta-features are nobody's copies: two numbers agree by chance."""
BLOCK = 512
N_SUMS = 12
"""Coordinates by which candidates are looked for: more leave fewer, and take longer."""
OUTER = 3.29
"""Standard deviations between a normal distribution's quantiles of .05 and .95."""


def near_copies(
    tasks: Sequence[Task], *, of: Collection[str] | None = None, threshold: float = THRESHOLD
) -> dict[str, frozenset[str]]:
    """For every task the others that are nearly the same table, by id.

    Near copies have the same kind, `MIN_SHARED` known meta-features in common or more, and a mean scaled difference of
    them below `threshold`.

    Args:
        tasks: All tasks, ``n`` of them.
        of: Only for these ids; the time is ``O(n * len(of))``.
        threshold: In units of the meta-features' spread over `tasks`.
    """
    result: dict[str, frozenset[str]] = {}
    scaler = MetaFeatureScaler.fit([task.meta_features for task in tasks])
    scaled = scaler.transform([task.meta_features for task in tasks])
    for row, task in enumerate(tasks):
        if of is not None and task.task_id not in of:
            continue
        far = distances(scaled[row], scaled) - float(distances(scaled[row], scaled[[row]])[0])
        shared = (~np.isnan(scaled) & ~np.isnan(scaled[row])).sum(axis=1)
        is_near = (far < threshold) & (shared >= MIN_SHARED)
        result[task.task_id] = frozenset(
            tasks[other].task_id
            for other in np.flatnonzero(is_near).tolist()
            if other != row and tasks[other].kind is task.kind
        )
    return result


def copy_shares(tasks: Sequence[Task], *, threshold: float = THRESHOLD) -> FloatArray:
    """How much each task counts where near copies together count as one: 1, or 1 over the number of its kind.

    The same measure as `near_copies`, but that meta-features which only one of two tasks knows count as if the other
    had the median: what it misses is that a table with gaps in its description is another one's copy. Equal
    descriptions are looked up once, and distances are computed where a lower bound of them is small (`_signed_sums`).

    Args:
        tasks: ``T`` of them.
        threshold: As of `near_copies`.

    Returns:
        Shape ``(T,)``, in (0, 1].
    """
    if len(tasks) < 2:  # nothing to compare
        return np.ones(len(tasks))
    described = [task.meta_features for task in tasks]
    scaler = MetaFeatureScaler.fit(described)
    scaled = rescaled(scaler.transform(described, limit=np.inf))
    return shares_of(scaled, np.array([task.kind.value for task in tasks]), threshold=threshold)


def shares_of(scaled: NDArray[np.floating[Any]], kinds: NDArray[Any], *, threshold: float = THRESHOLD) -> FloatArray:
    """`copy_shares` of tasks whose meta-features are scaled.

    Args:
        scaled: Shape ``(T, d)``: `rescaled`, NaN for gaps.
        kinds: Shape ``(T,)``: only tasks of one kind are copies.
        threshold: As of `near_copies`.
    """
    n_known = (~np.isnan(scaled)).sum(axis=1)
    n_shared = np.maximum(n_known, 1)
    filled = np.nan_to_num(scaled, nan=0.0)
    counts = np.ones(len(scaled))
    for kind in np.unique(kinds):
        rows = np.flatnonzero((n_shared >= MIN_SHARED) & (kinds == kind))
        if not len(rows):
            continue
        first, group, sizes = np.unique(
            _fingerprints(filled, n_shared)[rows], return_index=True, return_inverse=True, return_counts=True
        )[1:]
        firsts = rows[first]
        counts[rows] = _near_ones(filled[firsts], threshold * n_shared[firsts], sizes)[group.ravel()]
    return 1.0 / counts


def _fingerprints(filled: NDArray[np.floating[Any]], n_shared: IntArray) -> NDArray[np.uint64]:
    """A number for each description, shape ``(T,)``: equal ones have equal numbers, others hardly ever.

    A sum of all words of 32 bits, each times a random odd number, modulo 2^64: descriptions that differ in one word
    never meet, others with a probability near 2^-64.
    """
    words = np.ascontiguousarray(filled).view(np.uint32).reshape(len(filled), -1)
    factors = np.random.default_rng(0).integers(2**63, size=words.shape[1] + 1, dtype=np.uint64) * 2 + 1
    total: NDArray[np.uint64] = n_shared.astype(np.uint64) * factors[-1]
    for column, factor in enumerate(factors[:-1]):
        total += words[:, column] * factor
    return total


def _near_ones(points: NDArray[np.floating[Any]], reach: FloatArray, sizes: IntArray) -> FloatArray:
    """How many tasks lie within each point's reach by the city-block distance, itself included; shape ``(n,)``.

    Args:
        points: Shape ``(n, d)``.
        reach: Shape ``(n,)``: distances below it count.
        sizes: Shape ``(n,)``: tasks at each point.
    """
    sums = _signed_sums(points)
    tree = cKDTree(sums)
    counts = np.empty(len(points))
    for start in range(0, len(points), BLOCK):
        check_wanted()
        rows = np.arange(start, min(start + BLOCK, len(points)))
        found = tree.query_ball_point(sums[rows], reach[rows] * (1.0 + 1e-9), p=1.0)
        for row, candidates in zip(rows, found, strict=True):
            far = cdist(points[[row]], points[candidates], metric="cityblock")[0]
            counts[row] = max(float(sizes[candidates] @ (far < reach[row])), 1.0)
    return counts


def _signed_sums(points: NDArray[np.floating[Any]]) -> FloatArray:
    """A few coordinates whose city-block distances are never larger than those of the points; shape ``(n, m)``.

    Columns are put into at most `N_SUMS` groups, and each group is summed with signs: ``|sum of s (a - b)|`` is at most
    the sum of ``|a - b|``, and with the signs of their correlations it is not much smaller either.
    """
    sums = []
    for columns in np.array_split(np.arange(points.shape[1]), min(N_SUMS, points.shape[1])):
        group = points[:, columns]
        together = (group - group.mean(axis=0)).T @ (group[:, 0] - group[:, 0].mean())
        sums.append(group @ np.where(together < 0.0, -1.0, 1.0))
    return np.stack(sums, axis=1)


def rescaled(scaled: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Divided by the spread of the outer nine tenths where that is larger than that of the quartiles, which is 1.

    Where one table is half of the tasks, the quartiles are its copies' own, and nothing would be near.
    """
    if not scaled.shape[1]:  # no meta-feature differs between tasks
        return scaled
    with np.errstate(invalid="ignore"):
        low, high = np.nanquantile(scaled, [0.05, 0.95], axis=0)
    spread = np.maximum((high - low) / OUTER, 1.0).astype(scaled.dtype)
    result: NDArray[np.floating[Any]] = np.clip(scaled / spread, -5.0, 5.0)
    return result


def groups_of_copies(tasks: Sequence[Task], *, of: Collection[str] | None = None) -> dict[str, str]:
    """The name of each task's group, for the tasks that have a near copy; copies of copies are in one group.

    Args:
        tasks: All tasks.
        of: Copies of these ids are looked for, among all tasks.

    Returns:
        Group by id; the group's name is its smallest id.
    """
    group: dict[str, str] = {}
    for task_id, copies in near_copies(tasks, of=of).items():
        if not copies:
            continue
        together = {task_id, *copies}
        names = {group.get(one, one) for one in together}
        name = min(names)
        group |= dict.fromkeys(together, name)
        group |= {one: name for one, known in group.items() if known in names}
    return group


def families_of(scaled: FloatArray) -> IntArray:
    """A number for each task, shape ``(T,)``, that nearly equal tables share.

    Args:
        scaled: Shape ``(T, d)``: meta-features as `MetaFeatureScaler` scales them, NaN for gaps.
    """
    family = np.arange(len(scaled))
    known = ~np.isnan(scaled)
    for row in np.flatnonzero(known.any(axis=1)):  # what is unknown is no copy
        near = distances(scaled[row], scaled) - float(distances(scaled[row], scaled[[row]])[0]) < THRESHOLD
        near &= (known != known[row]).mean(axis=1) < THRESHOLD
        family[np.isin(family, family[near])] = family[near].min()
    return family


def folds_of_families(scaled: FloatArray, *, n_folds: int, seed: int) -> IntArray:
    """A fold for each task, shape ``(T,)``; nearly equal tables share one, or the held-out would be known.

    Args:
        scaled: As of `families_of`.
        n_folds: How many at most.
        seed: Of the draw.
    """
    families, of_task = np.unique(families_of(scaled), return_inverse=True)
    fold_of_family = np.random.default_rng(seed).permutation(len(families)) % n_folds
    folds: IntArray = fold_of_family[of_task].astype(np.intp)
    return folds
