import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier

from metafeatures.encoding import EncodedSample
from metafeatures.groups.complexity import complexity, intrinsic_dimension, neighbourhoods, smoothness
from metafeatures.kernels.complexity import spanning_tree
from metafeatures.models import squared_distances
from metafeatures.sampling import stratified_prefix

Cloud = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    rng = np.random.default_rng(11)
    X = rng.normal(size=(120, 3))
    y = (X[:, 0] > 0).astype(np.int32)
    distance = cdist(X, X)
    np.fill_diagonal(distance, np.inf)
    return X, y, distance


def test_distances_are_scipys_and_twins_are_at_0(cloud: Cloud) -> None:
    X, _, _ = cloud
    shifted = np.vstack([X, X[:1]]) * 1e3 + 1e3
    assert squared_distances(shifted, shifted)[0, -1] == 0.0
    assert np.allclose(squared_distances(X, X[:40]), cdist(X, X[:40], "sqeuclidean"), atol=1e-9)


def test_the_spanning_tree_is_as_short_as_scipys(cloud: Cloud) -> None:
    _, _, distance = cloud
    parent = spanning_tree(distance)
    assert np.count_nonzero(parent < 0) == 1
    child = np.flatnonzero(parent >= 0)
    expected = minimum_spanning_tree(np.where(np.isinf(distance), 0.0, distance)).sum()
    assert distance[child, parent[child]].sum() == pytest.approx(expected, rel=1e-12)


def test_n1_to_n3_on_a_line_by_hand() -> None:
    X = np.array([[0.0], [1.0], [2.0], [3.5]])
    distance = cdist(X, X)
    np.fill_diagonal(distance, np.inf)
    values = neighbourhoods(distance, np.array([0, 0, 1, 1], dtype=np.int32))
    assert values["n1_borderline"] == 0.5  # the two in the middle
    assert values["n2_distance_ratio"] == pytest.approx((1 + 1 + 1.5 + 1.5) / (5 + 2 + 1 + 1 + 2.5))
    assert values["n3_neighbour_error"] == 0.25  # of 2.0, whose nearest is 1.0


@pytest.mark.slow
def test_n3_is_the_leave_one_out_error_of_the_nearest_neighbour(
    cloud: Cloud,
) -> None:
    X, y, distance = cloud
    errors = [
        KNeighborsClassifier(1).fit(np.delete(X, i, 0), np.delete(y, i)).predict(X[i : i + 1])[0] != y[i]
        for i in range(len(y))
    ]
    assert neighbourhoods(distance, y)["n3_neighbour_error"] == pytest.approx(np.mean(errors))


def test_smooth_targets_score_lower_than_shuffled_ones(cloud: Cloud) -> None:
    X, _, distance = cloud
    y = X.sum(axis=1)
    smooth = smoothness(distance, y)
    rough = smoothness(distance, np.random.default_rng(0).permutation(y))
    for name, between in (("s1_target_jump", 0.6), ("s3_neighbour_error", 0.4)):
        low, high = smooth[name], rough[name]
        assert isinstance(low, float)
        assert isinstance(high, float)
        assert low < between < high


def test_intrinsic_dimension_of_a_plane_in_ten_dimensions() -> None:
    rng = np.random.default_rng(2)
    X = rng.uniform(size=(500, 2)) @ rng.normal(size=(2, 10))
    distance = cdist(X, X)
    np.fill_diagonal(distance, np.inf)
    dimension = intrinsic_dimension(distance)
    assert isinstance(dimension, float)
    assert np.expm1(dimension) == pytest.approx(2.0, abs=0.3)


def test_wide_samples_are_cut_to_500_rows_in_proportion() -> None:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(900, 4)), np.repeat(np.array([0, 1], dtype=np.int32), [800, 100])[rng.permutation(900)]
    rows = stratified_prefix(y, 500)
    cut, whole = complexity(EncodedSample(X[rows], X[rows], y[rows], None)), complexity(EncodedSample(X, X, y, None))
    assert len(rows) == 500
    for name in ("n1_borderline", "n2_distance_ratio", "n3_neighbour_error", "log_intrinsic_dimension"):
        assert whole[name] == cut[name]
