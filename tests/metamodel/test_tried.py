"""Which anchors trials count at, and points of many configurations at once."""

import numpy as np

from metamodel.maps.anchors import choose_anchors, configuration_key
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.tried import TriedAnchors
from metamodel.space.cube import UnitCube
from metamodel.space.design import space_filling
from tests.metamodel.synthetic import SPACE, make_histories
from warmtune.vocabulary.metrics import Direction


def test_what_is_no_anchor_counts_at_the_nearest_one() -> None:
    histories, _ = make_histories(9)
    anchors, _ = choose_anchors(SPACE, histories, direction=Direction.MAXIMIZE, seed=0, max_anchors=25)
    cube = UnitCube(SPACE)
    features = cube.features(*cube.encode(anchors))
    position = {configuration_key(anchor): at for at, anchor in enumerate(anchors)}

    tried = TriedAnchors.of_histories(SPACE, histories, position, features)

    n_strange = 0
    for history, at, closeness in zip(histories, tried.at, tried.closeness, strict=True):
        points = cube.features(*cube.encode(history.configurations))
        correlation = gaussian_kernel(points, features)
        for row, configuration in enumerate(history.configurations):
            is_anchor = configuration_key(configuration) in position
            n_strange += not is_anchor
            expected = position[configuration_key(configuration)] if is_anchor else int(correlation[row].argmax())
            assert at[row] == expected
            np.testing.assert_allclose(closeness[row], 1.0 if is_anchor else correlation[row].max(), atol=1e-9)
    assert n_strange > 50


def test_many_configurations_have_the_points_that_each_has_alone() -> None:
    cube = UnitCube(SPACE)
    configurations = space_filling(SPACE, 200, seed=5)
    points, active = cube.encode(configurations)
    for row, configuration in enumerate(configurations):
        alone, alone_active = cube.encode([configuration])
        assert (points[row] == alone[0]).all()
        assert (active[row] == alone_active[0]).all()
