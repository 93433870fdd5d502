"""Where a configuration comes from: scores on past tasks in their own units."""

import numpy as np
import pytest

from metamodel.answers.origins import scores_on_past_tasks
from metamodel.engine import fit_model
from tests.metamodel.importance.test_importance import SPACE, model
from warmtune.vocabulary.metrics import Direction


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.slow
def test_what_was_tried_has_its_own_score_there(direction: Direction) -> None:
    fitted = model(direction=direction)
    history = fitted.histories[3]
    weights = fitted.weigh(None, task_id="t3")
    best = int(np.argmax(direction.sign * history.scores))
    found = scores_on_past_tasks(fitted, weights, history.configurations[best], n=5)
    assert len(found) == 5
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    first = found[0]
    assert (first.task_id, first.is_tried, first.similarity) == ("t3", True, 1.0)
    assert first.score == pytest.approx(history.scores[best], abs=0.05)
    assert first.best == pytest.approx(history.scores[best])
    assert first.default == pytest.approx(history.scores[0], abs=0.05)
    assert first.regret == pytest.approx(0.0, abs=0.06)


@pytest.mark.slow
def test_what_nobody_has_tried_is_a_prediction_between_worst_and_best() -> None:
    fitted = model()
    for one in scores_on_past_tasks(fitted, fitted.weigh(None), {"a": 0.123, "b": 0.02, "n": 7, "c": "z"}):
        assert not one.is_tried
        assert 0.0 <= one.regret <= 1.0
        assert one.score <= one.best


def test_without_a_past_there_is_no_origin() -> None:
    fitted = fit_model(SPACE, [], metric="m", direction=Direction.MAXIMIZE)
    assert scores_on_past_tasks(fitted, fitted.weigh(None), {"a": 0.5, "b": 0.1, "n": 3, "c": "x"}) == ()


@pytest.mark.slow
def test_named_tasks_come_first_and_count_among_those_asked_for() -> None:
    fitted = model()
    weights = fitted.weigh(None, task_id="t3")
    configuration = fitted.histories[3].configurations[0]
    found = scores_on_past_tasks(fitted, weights, configuration, n=3, named={"t5"})
    assert found[0].task_id == "t5"
    assert len(found) == 3
    assert len({one.task_id for one in found}) == 3
    named = scores_on_past_tasks(fitted, weights, configuration, n=1, named={"t5", "t6"})
    assert {one.task_id for one in named} == {"t5", "t6"}
