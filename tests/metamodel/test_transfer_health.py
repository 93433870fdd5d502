"""Health of transfer: shares of past tasks over trials, the alarm, thin spots."""

import numpy as np
import pytest

from metamodel.answers.alarm import FirstTrial, judge
from metamodel.answers.influence import influence_over_trials
from metamodel.embedding.coverage import coverage_gaps
from metamodel.space.design import space_filling
from tests.metamodel.importance.test_importance import SPACE, model
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial


def trials(score: "dict[float, float]", n: int = 24) -> list[Trial]:
    return [Trial(i, c, score[i]) for i, c in enumerate(space_filling(SPACE, n, seed=5))]


@pytest.mark.slow
def test_past_tasks_lose_influence_where_trials_contradict_them() -> None:
    fitted = model()
    weights = fitted.weigh(None)
    design = space_filling(SPACE, 24, seed=5)
    agreeing = trials({i: 1.0 - abs(float(c["a"] or 0) - 0.8) for i, c in enumerate(design)})
    contrary = trials({i: abs(float(c["a"] or 0) - 0.8) + 0.3 * float(c["n"] or 0) for i, c in enumerate(design)})
    for_it = influence_over_trials(fitted, weights, agreeing, at=(1, 5, 24, 99))
    against = influence_over_trials(fitted, weights, contrary, at=(1, 5, 24, 99))
    assert [now.n_trials for now in for_it] == [1, 5, 24]
    for now in (*for_it, *against):
        assert now.mixture + now.one + now.own == pytest.approx(1.0)
        assert now.tasks.sum() == pytest.approx(1.0 - now.own)
    assert against[-1].own > 0.9
    assert for_it[-1].own < 0.1
    assert influence_over_trials(fitted, weights, [], at=(1,)) == ()


def first(loss: float) -> FirstTrial:
    return FirstTrial("s", 0.8, 0.8 + loss, True, loss, 0.01)


def test_the_alarm_is_raised_by_more_harm_than_chance_explains() -> None:
    well = judge([first(-0.02)] * 19 + [first(0.05)] * 2, limit=0.1)
    assert (well.n_studies, well.n_harmed, well.is_raised) == (21, 2, False)
    badly = judge([first(0.0)] * 5 + [first(0.05)] * 5, limit=0.1)
    assert badly.is_raised
    assert badly.chance == pytest.approx(0.00163, abs=1e-4)
    assert not judge([first(0.005)] * 30, limit=0.1).is_raised  # within the margin
    assert not judge([], limit=0.1).is_raised


def task(name: str, x: float) -> Task:
    return Task(name, name, TaskKind.BINARY, MetaFeatures({"x": x, "y": 2.0 * x, "z": x % 3}))


def test_what_is_farthest_from_all_past_tasks_is_run_next() -> None:
    past = [task(f"p{i}", float(i)) for i in range(10)]
    without = [task("near", 4.5), task("far", 40.0), task("beside far", 41.0), task("other side", -30.0)]
    found = coverage_gaps(past, without, n=2)
    assert {spot.task.name for spot in found} <= {"far", "beside far", "other side"}
    assert "other side" in {spot.task.name for spot in found}
    assert found[0].distance >= found[1].distance
    assert next(spot for spot in found if spot.task.name != "other side").n_served == 2
    assert coverage_gaps([], without, n=2) == coverage_gaps(past, [], n=2) == ()
    assert np.isfinite([spot.distance for spot in found]).all()


def test_a_task_of_which_nothing_is_known_is_neither_run_next_nor_served() -> None:
    past = [task(f"p{i}", float(i)) for i in range(10)]
    foreign = [Task(f"f{k}", f"f{k}", TaskKind.BINARY, MetaFeatures({"other": float(k)})) for k in range(5)]
    without = [task("far", 40.0), *foreign]
    (spot,) = coverage_gaps(past, without, n=3)
    assert (spot.task.name, spot.nearest.name, spot.n_served) == ("far", "p9", 1)
    assert coverage_gaps(past, foreign, n=3) == ()
