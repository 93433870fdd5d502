"""The front: what nothing dominates, by the definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metamodel.answers.pareto import is_on_front
from warmtune.vocabulary.arrays import FloatArray

POINTS = st.tuples(st.integers(0, 30), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.sampled_from([-1e308, -1.0, 0.0, 5e-324, 0.5, 1.0, 1e308]))
)


def by_definition(points: FloatArray) -> list[bool]:
    return [not any((other >= point).all() and (other > point).any() for other in points) for point in points]


@given(POINTS)
@pytest.mark.slow
def test_it_is_the_definition(points: FloatArray) -> None:
    assert is_on_front(points).tolist() == by_definition(points)


@given(POINTS)
@pytest.mark.slow
def test_the_order_of_points_and_monotone_scales_change_nothing(points: FloatArray) -> None:
    order = np.random.default_rng(len(points)).permutation(len(points))
    assert is_on_front(points[order]).tolist() == is_on_front(points)[order].tolist()
    assert is_on_front(np.arctan(points) + 7.0).tolist() == by_definition(np.arctan(points) + 7.0)


@pytest.mark.slow
def test_a_long_front_is_found_whole() -> None:
    x = np.linspace(0.0, 1.0, 3_000)
    points = np.concatenate([np.stack([x, 1.0 - x], axis=1), np.stack([x - 0.5, 0.4 - x], axis=1)])
    assert is_on_front(points).tolist() == [True] * 3_000 + [False] * 3_000
