"""Group `complexity`: how entangled the target is with the columns (Lorena et al., 2018 and 2019), a cheap selection.

Distances are Euclidean on the encoded columns, on at most `MAX_ROWS` rows; Fisher's ratio is on the sample.
"""

import math

import numpy as np

from metafeatures.arrays import CodeArray, FloatArray
from metafeatures.encoding import EncodedSample
from metafeatures.entry import ALL_KINDS, CLASSIFICATION, REGRESSION, Cost, Entry, Group
from metafeatures.facts import Gap, Values
from metafeatures.groups.correlation import between_groups
from metafeatures.kernels.complexity import spanning_tree
from metafeatures.models import squared_distances
from metafeatures.sampling import stratified_prefix
from metafeatures.standardise import standard_columns
from warmtune.vocabulary.task import TaskKind

MAX_ROWS = 500
MIN_ROWS = 4
_INF = math.inf


def _entry(name: str, formula: str, high: float = 1.0, *, kinds: frozenset[TaskKind] = ALL_KINDS) -> Entry:
    source = "Facco et al. (2017)" if kinds is ALL_KINDS else "Lorena et al. (2018, 2019)"
    return Entry(name, Group.COMPLEXITY, formula, source, Cost.FIT, low=0.0, high=high, kinds=kinds)


ENTRIES: tuple[Entry, ...] = (
    _entry("f1_fisher", "F1: 1 - largest eta squared of a column", kinds=CLASSIFICATION),
    _entry("n1_borderline", "N1: share of rows joined to another class in a spanning tree", kinds=CLASSIFICATION),
    _entry(
        "n2_distance_ratio",
        "N2: r / (1 + r), r = nearest distances within the class / to other classes, summed",
        kinds=CLASSIFICATION,
    ),
    _entry("n3_neighbour_error", "N3: leave-one-out error of the nearest neighbour", kinds=CLASSIFICATION),
    _entry(
        "s1_target_jump",
        "S1: mean |difference| of the standardised target along a spanning tree / that of all pairs, at most 2",
        2.0,
        kinds=REGRESSION,
    ),
    _entry(
        "s3_neighbour_error",
        "S3: leave-one-out mean squared error of the nearest neighbour / twice the variance, at most 2",
        2.0,
        kinds=REGRESSION,
    ),
    _entry(
        "log_intrinsic_dimension",
        "ln(1 + d), d = 1 / mean ln(distance to the second / to the first neighbour): two-NN estimate of dimension",
        _INF,
    ),
)


def complexity(encoded: EncodedSample) -> Values:
    """Compute the group."""
    if encoded.n_columns == 0 or encoded.n < MIN_ROWS:
        gap = Gap(f"fewer than {MIN_ROWS} rows" if encoded.n_columns else "no column that models can use")
        return {entry.name: gap for entry in ENTRIES}
    if encoded.classes is not None:
        rows = stratified_prefix(encoded.classes, MAX_ROWS)
    else:
        rows = np.arange(min(encoded.n, MAX_ROWS))
    X = encoded.dense[rows]
    distance = np.sqrt(squared_distances(X, X))
    np.fill_diagonal(distance, np.inf)
    values: Values = {"log_intrinsic_dimension": intrinsic_dimension(distance)}
    if encoded.classes is not None:
        values |= neighbourhoods(distance, encoded.classes[rows])
        eta = between_groups(standard_columns(encoded.dense), encoded.classes)
        values["f1_fisher"] = 1.0 - float(eta.max(initial=0.0))
    if encoded.y is not None:
        values |= smoothness(distance, encoded.y[rows])
    return values


def neighbourhoods(distance: FloatArray, y: CodeArray) -> Values:
    """N1 to N3 from a distance matrix with an infinite diagonal.

    `distance` has shape ``(n, n)``, `y` shape ``(n,)`` with class codes; each value is a share in [0, 1].
    """
    parent = spanning_tree(distance)
    child = np.flatnonzero(parent >= 0)
    cross = y[child] != y[parent[child]]
    borderline = np.zeros(len(y), dtype=np.bool_)
    borderline[child[cross]] = borderline[parent[child][cross]] = True
    same = y[:, None] == y
    within = np.where(same, distance, np.inf).min(axis=1)
    across = np.where(same, np.inf, distance).min(axis=1)
    usable = np.isfinite(within) & np.isfinite(across)
    intra, inter = float(within[usable].sum()), float(across[usable].sum())
    return {
        "n1_borderline": float(np.mean(borderline)),
        "n2_distance_ratio": intra / (intra + inter)
        if intra + inter > 0.0
        else Gap("no class has two rows that differ from those of another class"),
        "n3_neighbour_error": float(np.mean(y[np.argmin(distance, axis=1)] != y)),
    }


def smoothness(distance: FloatArray, y: FloatArray) -> Values:
    """S1 and S3 from a distance matrix with an infinite diagonal.

    `distance` has shape ``(n, n)``, `y` shape ``(n,)`` with finite numbers; differences of `y` count in units of
    its spread.
    """
    variance = float(y.var())
    if variance == 0.0:
        gap = Gap("the target is constant in the sample")
        return {"s1_target_jump": gap, "s3_neighbour_error": gap}
    parent = spanning_tree(distance)
    child = np.flatnonzero(parent >= 0)
    jump = float(np.mean(np.abs(y[child] - y[parent[child]])))
    ordered, n = np.sort(y), len(y)
    spread = 2.0 * float((2.0 * np.arange(n) - n + 1.0) @ ordered) / (n * (n - 1))  # Gini's mean difference
    error = float(np.mean((y - y[np.argmin(distance, axis=1)]) ** 2))
    return {"s1_target_jump": min(jump / spread, 2.0), "s3_neighbour_error": min(error / (2.0 * variance), 2.0)}


def intrinsic_dimension(distance: FloatArray) -> float | Gap:
    """Two-NN estimate over rows whose two nearest neighbours are at different, positive distances.

    `distance` has shape ``(n, n)``.
    """
    nearest = np.partition(distance, 1, axis=1)[:, :2]
    usable = (nearest[:, 0] > 1e-6) & np.isfinite(nearest[:, 1])
    if not usable.any():
        return Gap("every row has a duplicate")
    total = float(np.sum(np.log(nearest[usable, 1] / nearest[usable, 0])))
    return math.log1p(float(usable.sum()) / total) if total > 0.0 else Gap("all rows are equally far apart")
