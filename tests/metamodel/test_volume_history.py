"""The growth of a hypervolume: by hand, against inclusion and exclusion, monotone, whatever the scale."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamodel.answers.volume_history import EXACT_OBJECTIVES, N_DIRECTIONS, VolumeHistory, volume_history
from warmtune.vocabulary.arrays import FloatArray


def by_union(points: FloatArray, corner: FloatArray) -> float:
    """The volume of a union of boxes by inclusion and exclusion, for a few points."""
    total = 0.0
    for size in range(1, len(points) + 1):
        for those in itertools.combinations(points, size):
            total -= (-1.0) ** size * float(np.prod(np.maximum(np.min(those, axis=0) - corner, 0.0)))
    return total


def history(points: FloatArray, at_most: int = 500) -> VolumeHistory:
    found = volume_history(points, at_most=at_most)
    assert found is not None
    return found


def test_a_front_of_two_by_hand() -> None:
    found = history(np.array([[0.0, 0.0], [1.0, 0.5], [0.5, 1.0], [0.2, 0.2]]))
    assert found.after.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(found.reference, [-0.1, -0.1])
    np.testing.assert_allclose(found.best, [1.0, 1.0])
    box = 1.1 * 1.1
    three = (1.1 * 0.6 + 0.6 * 0.5) / box
    np.testing.assert_allclose(found.volumes, [0.01 / box, 1.1 * 0.6 / box, three, three])
    assert found.is_exact


@pytest.mark.parametrize("n_objectives", [2, 3])
def test_it_is_the_volume_of_the_union_of_boxes(n_objectives: int) -> None:
    points = np.random.default_rng(n_objectives).random((9, n_objectives))
    found = history(points)
    box = float(np.prod(found.best - found.reference))
    for n, volume in zip(found.after, found.volumes, strict=True):
        assert volume == pytest.approx(by_union(points[:n], found.reference) / box)


def test_an_estimate_comes_near_for_more_objectives() -> None:
    points = np.random.default_rng(5).random((9, EXACT_OBJECTIVES + 2))
    found = history(points)
    assert not found.is_exact
    box = float(np.prod(found.best - found.reference))
    exact = by_union(points, found.reference) / box
    assert found.volumes[-1] == pytest.approx(exact, rel=0.1)
    assert (np.diff(found.volumes) >= 0.0).all()


@given(
    points=st.integers(2, 5).flatmap(
        lambda k: st.lists(
            st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=k, max_size=k), min_size=1, max_size=30
        )
    )
)
@pytest.mark.slow
def test_it_never_falls_and_is_a_share_of_any_finite_values(points: list[list[float]]) -> None:
    found = volume_history(np.array(points, dtype=np.float64), at_most=50)
    if found is None:
        return
    assert ((found.volumes >= 0.0) & (found.volumes <= 1.0)).all()
    assert (np.diff(found.volumes) >= 0.0).all()
    assert found.volumes[-1] > 0.0


def test_units_do_not_matter() -> None:
    points = np.random.default_rng(1).normal(size=(40, 3))
    volumes = history(points).volumes
    np.testing.assert_allclose(history(points * [1e-9, 1.0, 1e12]).volumes, volumes, rtol=1e-6)
    np.testing.assert_allclose(history(points * 2.0 - 7.0).volumes, volumes, rtol=1e-6)


def test_one_outlier_does_not_set_the_reference() -> None:
    points = np.random.default_rng(2).random((50, 2))
    plain, hit = history(points), history(np.vstack([points, [[-1e9, -1e9]]]))
    np.testing.assert_allclose(hit.reference, plain.reference, atol=0.2)
    assert hit.volumes[-1] == pytest.approx(plain.volumes[-1], abs=0.1)


def test_a_poor_end_of_the_front_counts() -> None:
    points = np.vstack([np.random.default_rng(3).random((50, 2)), [[-100.0, 2.0]]])
    found = history(points)
    assert found.reference[0] < -100.0
    assert found.volumes[-1] > found.volumes[-2]


def test_what_does_not_vary_says_nothing() -> None:
    assert volume_history(np.empty((0, 2)), at_most=9) is None
    assert volume_history(np.full((5, 3), 2.0), at_most=9) is None
    points = np.random.default_rng(4).random((20, 2))
    with_constant = np.column_stack([points[:, 0], np.full(20, 5.0), points[:, 1]])
    np.testing.assert_allclose(history(with_constant).volumes, history(points).volumes)


def test_of_many_trials_a_few_numbers_are_looked_at() -> None:
    points = np.random.default_rng(6).random((20_000, 2))
    found = history(points, at_most=60)
    assert len(found.after) <= 60
    assert (found.after[0], found.after[-1]) == (1, 20_000)
    whole = history(points[: found.after[10]])
    box = [float(np.prod(one.best - one.reference)) for one in (found, whole)]
    assert found.volumes[10] * box[0] >= whole.volumes[-1] * box[1] * 0.9


@pytest.mark.slow
def test_an_estimate_of_many_values_takes_fewer_rays_and_the_same_each_time() -> None:
    points = np.random.default_rng(7).random((60_000, 10))
    first, again = history(points, at_most=20), history(points, at_most=20)
    np.testing.assert_array_equal(first.volumes, again.volumes)
    assert N_DIRECTIONS[0] < N_DIRECTIONS[1]
    assert 0.0 < first.volumes[-1] < 1.0
