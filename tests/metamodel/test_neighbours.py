"""The scale of meta-features and distances between tasks, in closed form."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from metamodel.embedding.neighbours import MetaFeatureScaler, distances, nearest
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind


def test_the_median_is_0_and_the_quartiles_of_a_normal_are_their_z_scores() -> None:
    tasks = [MetaFeatures({"x": float(x)}) for x in (1.0, 2.0, 3.0, 4.0, 5.0)]
    scaler = MetaFeatureScaler.fit(tasks)
    assert scaler.names == ("x",)
    assert not scaler.is_log.any()
    # quartiles 2 and 4: those of a normal distribution lie 1.349 standard deviations apart
    assert_allclose(scaler.transform(tasks)[:, 0], 1.349 / 2.0 * np.array([-2.0, -1.0, 0.0, 1.0, 2.0]))


def test_heavy_tails_are_taken_by_their_signed_logarithm() -> None:
    values = (0.0, 10.0, 100.0, 1_000.0, 10_000.0)
    scaler = MetaFeatureScaler.fit([MetaFeatures({"n": value}) for value in values])
    assert scaler.is_log.tolist() == [True]
    low, high = np.log1p(10.0), np.log1p(1_000.0)
    z = 1.349 * (np.log1p(10_000.0) - np.log1p(100.0)) / (high - low)
    assert_allclose(scaler.transform([MetaFeatures({"n": 10_000.0})]), [[z]])


def test_gaps_stay_gaps_and_what_does_not_vary_is_left_out() -> None:
    tasks = [MetaFeatures({"x": float(n), "same": 1.0}) for n in range(4)]
    scaler = MetaFeatureScaler.fit([*tasks, MetaFeatures({"same": 1.0})])
    assert scaler.names == ("x",)
    assert np.isnan(scaler.transform([MetaFeatures({"same": 1.0})])).all()


@pytest.mark.parametrize(
    ("other", "distance"),
    [
        ([0.0, 0.0], 1.0 / 3.0),  # no difference in two values, and the pseudo-value of 1
        ([2.0, 3.0], (2.0 + 3.0 + 1.0) / 3.0),
        ([2.0, np.nan], (2.0 + 1.0) / 2.0),
        ([np.nan, np.nan], 1.0),
    ],
)
def test_distances_are_mean_differences_drawn_to_1(other: list[float], distance: float) -> None:
    assert_allclose(distances(np.zeros(2), np.array([other])), [distance])


def stored(name: str, values: dict[str, float], version: str = "unknown") -> Task:
    return Task(name, name, TaskKind.BINARY, MetaFeatures(values, version=version))


@pytest.mark.parametrize("values", [{}, {"other": 1.0}, {"other": 1.0, "another": 2.0}])
def test_tasks_that_share_nothing_known_are_not_equal_but_unknown(values: dict[str, float]) -> None:
    others = [stored(f"t{k}", {"x": float(k), "y": float(k**2)}) for k in range(5)]
    found = nearest(MetaFeatures(values), others, n=5)
    assert [near.task_id for near in found] == ["t0", "t1", "t2", "t3", "t4"]
    assert {(near.similarity, near.n_shared) for near in found} == {(0.0, 0)}
    assert all("known of both" in near.reason for near in found)


def test_a_task_that_is_known_to_be_far_comes_before_one_of_which_nothing_is_known() -> None:
    others = [stored("unknown", {"z": 1.0}), *(stored(f"t{k}", {"x": float(k), "y": float(-k)}) for k in range(9))]
    found = nearest(MetaFeatures({"x": 1e6, "y": -1e6}), others, n=10)
    assert [near.n_shared for near in found] == [2] * 9 + [0]
    assert (found[-1].task_id, found[-1].similarity) == ("unknown", 0.0)
    assert found[-2].similarity > 0.0
    assert [bool(near.reason) for near in found] == [False] * 9 + [True]


def test_one_value_in_common_is_compared_and_the_number_says_so() -> None:
    others = [stored(f"t{k}", {"x": float(k), "y": float(k % 3)}) for k in range(9)]
    found = nearest(MetaFeatures({"x": 3.0, "elsewhere": 1.0}), others, n=2)
    assert [(near.task_id, near.similarity, near.n_shared, near.reason) for near in found[:1]] == [("t3", 1.0, 1, "")]
