"""On a table with gaps the engine is asked for what the target has, and nothing else is changed in its model."""

import numpy as np
import pytest

from benchmarks.transfer_engine import without_anchors
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.anchors import configuration_key
from metamodel.maps.history import TaskHistory
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_task
from warmtune.vocabulary.metrics import Direction


@pytest.fixture(scope="module")
def model() -> SpaceModel:
    """Twelve tasks like the sixth configuration best, the fifth next; the last trial of each failed."""
    histories = []
    for number in range(12):
        scores = np.linspace(0.5, 0.6, 8) + 0.001 * number
        scores[5], scores[6], scores[7] = 0.8, 0.9, np.nan
        configurations = (SPACE.default_configuration() or {}, *CONFIGURATIONS[:7])
        histories.append(TaskHistory(make_task(number, 0.5), configurations, scores, np.ones(8)))
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)


def test_what_the_target_lacks_is_never_recommended(model: SpaceModel) -> None:
    assert model.recommend(None, n=1).configurations[0].configuration == CONFIGURATIONS[5]
    fewer = without_anchors(model, {configuration_key(CONFIGURATIONS[5])})
    answer = fewer.recommend(None, n=6).configurations
    assert answer[0].configuration == CONFIGURATIONS[4]
    assert CONFIGURATIONS[5] not in [ranked.configuration for ranked in answer]


def test_the_rest_of_the_model_stays(model: SpaceModel) -> None:
    fewer = without_anchors(model, {configuration_key(CONFIGURATIONS[5])})
    assert model.maps is not None
    assert fewer.maps is not None
    assert model.outcomes is not None
    assert fewer.outcomes is not None
    assert len(fewer.maps.anchors) == len(model.maps.anchors) - 1
    assert fewer.maps.n_tried == model.maps.n_tried - 1
    for at, anchor in enumerate(fewer.maps.anchors):
        before = model.maps.position[configuration_key(anchor)]
        assert fewer.maps.position[configuration_key(anchor)] == at
        assert fewer.maps.mean[:, at] == pytest.approx(model.maps.mean[:, before])
    failed = fewer.outcomes.anchor[fewer.outcomes.failed > 0.0]
    assert {configuration_key(fewer.maps.anchors[int(at)]) for at in failed} == {configuration_key(CONFIGURATIONS[6])}
