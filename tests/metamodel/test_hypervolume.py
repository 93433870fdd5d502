"""Which points dominate which, and the volume above a reference point."""

import numpy as np
import pytest

from metamodel.answers.hypervolume import n_dominating, volume


def test_equal_points_do_not_dominate_each_other() -> None:
    points = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, -1.0]])
    assert n_dominating(points).tolist() == [0, 0, 0, 3, 2]


def test_the_volume_is_the_area_of_a_staircase() -> None:
    front = np.array([[3.0, 1.0], [1.0, 2.0], [0.5, 0.5], [-1.0, 9.0]])
    assert volume(front, np.zeros(2)) == pytest.approx(3.0 * 1.0 + 1.0 * 1.0)
    assert volume(front, np.array([4.0, 4.0])) == 0.0
