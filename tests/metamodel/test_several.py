"""Several objectives: volumes, warm fronts and suggestions, on tasks whose fronts are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from metamodel.answers.hypervolume import n_dominating, random_directions, scalarised, volume
from metamodel.engine import SpaceModel, fit_model
from metamodel.several import recommend_several, suggest_several
from metamodel.space.cube import UnitCube
from metamodel.space.design import space_filling
from tests.metamodel.synthetic import SPACE, make_histories, make_task, true_scores
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation, Strategy
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial, TrialState

OPTIMUM = 0.7


def cost_of(configuration: Configuration) -> float:
    """To be minimised: rises with the depth and the rate."""
    points = UnitCube(SPACE).encode([configuration])[0][0]
    return float(1.0 + 5.0 * points[1] + 4.0 * points[0] ** 2)


def models(n: int, *, knows_cost: bool = True) -> tuple[SpaceModel, SpaceModel]:
    histories, _ = make_histories(n)
    costs = [replace(h, scores=np.array([cost_of(c) for c in h.configurations])) for h in histories]
    return (
        fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE),
        fit_model(SPACE, costs if knows_cost else [], metric="cost", direction=Direction.MINIMIZE),
    )


def points_of(configurations: list[dict[str, Any]]) -> FloatArray:
    scores = true_scores(OPTIMUM, tuple(configurations))
    return np.stack([scores, [-cost_of(c) for c in configurations]], axis=-1)


def dominated(configurations: list[dict[str, Any]]) -> float:
    return volume(points_of(configurations), np.array([0.3, -10.0]))


def configurations_of(answer: Recommendation) -> list[dict[str, Any]]:
    return [dict(one.configuration) for one in answer.configurations]


@pytest.mark.parametrize("n_objectives", [2, 3])
@pytest.mark.slow
def test_random_scalarisations_give_the_volume(n_objectives: int) -> None:
    rng = np.random.default_rng(0)
    points = rng.random((6, n_objectives))
    directions = random_directions(n_objectives, 200_000, rng)
    estimate = np.max([scalarised(point, directions) for point in points], axis=0).mean()
    drawn = rng.random((20_000, n_objectives))
    exact = float(np.mean([bool((row <= points).all(axis=1).any()) for row in drawn]))
    assert estimate == pytest.approx(exact, abs=0.02)
    if n_objectives == 2:
        assert volume(points, np.zeros(2)) == pytest.approx(exact, abs=0.02)


def test_a_volume_ignores_what_is_dominated_or_below_the_reference() -> None:
    front = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]])
    assert volume(front, np.zeros(2)) == 6.0
    more = np.array([*front, [1.0, 1.0], [2.0, 2.0], [5.0, -1.0]])
    assert volume(more, np.zeros(2)) == 6.0
    assert volume(front[:0], np.zeros(2)) == 0.0
    assert list(n_dominating(more)) == [0, 0, 0, 4, 0, 0]


@pytest.mark.slow
def test_the_warm_front_dominates_more_than_a_design_and_than_one_objectives_batch() -> None:
    both = models(20)
    meta = make_task(99, OPTIMUM).meta_features
    answer = recommend_several(both, meta, n=6)
    assert answer.strategy is Strategy.NEIGHBOURS
    assert "hypervolume of accuracy, cost" in answer.reason
    ours = dominated(configurations_of(answer))
    assert ours > dominated(space_filling(SPACE, 6, seed=1))
    assert ours > dominated(configurations_of(both[0].recommend(meta, n=6)))
    assert [one.rank for one in answer.configurations] == list(range(1, 7))


@pytest.mark.slow
def test_an_objective_that_nobody_knows_is_left_out_and_reported() -> None:
    both = models(20, knows_cost=False)
    meta = make_task(99, OPTIMUM).meta_features
    answer = recommend_several(both, meta, n=4)
    assert answer.configurations == both[0].recommend(meta, n=4).configurations
    assert "by accuracy alone: too few past tasks have trials under cost" in answer.reason
    turned = recommend_several(both[::-1], meta, n=4)
    assert configurations_of(turned) == configurations_of(answer)
    nothing = recommend_several(models(0), meta, n=4)
    assert nothing.strategy is Strategy.DEFAULTS
    assert configurations_of(nothing)[0] == SPACE.default_configuration()


def run(both: tuple[SpaceModel, SpaceModel], n: int, *, limit: float = np.inf) -> list[Trial]:
    trials: list[Trial] = []
    for number in range(n):
        answer = suggest_several(both, make_task(99, OPTIMUM).meta_features, trials, n=1, seed=number)
        (configuration,) = configurations_of(answer)
        score, cost = points_of([configuration])[0]
        constraints = () if np.isinf(limit) else (-cost - limit,)
        trials.append(Trial(number, configuration, values=(float(score), float(-cost)), constraints=constraints))
    return trials


@pytest.mark.parametrize(("n_past", "knows_cost"), [(0, True), (20, True), (20, False)])
@pytest.mark.slow
def test_suggestions_find_the_front(n_past: int, *, knows_cost: bool) -> None:
    trials = run(models(n_past, knows_cost=knows_cost), 25)
    found = [dict(trial.configuration) for trial in trials]
    assert len({repr(sorted(c.items())) for c in found}) == 25
    drawn = [dominated(space_filling(SPACE, 25, seed=seed)) for seed in range(5)]
    assert dominated(found[:15]) > np.mean(drawn)  # with fewer trials


@pytest.mark.slow
def test_constraints_and_failures_count_here_too() -> None:
    both = models(20)
    trials = run(both, 16, limit=5.0)
    assert sum(trial.is_feasible for trial in trials[-8:]) >= 4
    failed = [Trial(t.number, t.configuration, state=TrialState.FAIL) for t in trials[:4]]
    answer = suggest_several(both, None, [*failed, *trials[4:]], n=3)
    assert all(one.failure_probability is not None for one in answer.configurations)
    assert all(one.feasible_probability is not None for one in answer.configurations)


@pytest.mark.slow
def test_what_is_pending_and_what_was_tried_is_not_suggested_again() -> None:
    both = models(12)
    trials = run(both, 5)
    first = suggest_several(both, None, trials, n=4)
    other = suggest_several(both, None, trials, n=4, pending=configurations_of(first))
    keys = [repr(sorted(c.items())) for c in configurations_of(first) + configurations_of(other)]
    keys += [repr(sorted(t.configuration.items())) for t in trials]
    assert len(set(keys)) == len(keys)
    batch = suggest_several(both, None, [], n=3, pending=configurations_of(recommend_several(both, None, n=1)))
    assert len(batch.configurations) == 3


@pytest.mark.parametrize("values", [(0.5, 0.5), (1e100, -1e100), (0.0, 0.0)])
@pytest.mark.slow
def test_equal_and_extreme_values_are_answered(values: tuple[float, float]) -> None:
    both = models(12)
    trials = [Trial(i, c, values=values) for i, c in enumerate(space_filling(SPACE, 4, seed=0))]
    for configuration in configurations_of(suggest_several(both, None, trials, n=2)):
        assert SPACE.validate(configuration) == configuration


def test_the_wrong_number_of_values_is_refused() -> None:
    both = models(0)
    with pytest.raises(InvalidInputError, match="3 values for 2 objectives"):
        suggest_several(both, None, [Trial(0, {}, values=(1.0, 2.0, 3.0))], n=1)
    with pytest.raises(InvalidInputError, match="at least two"):
        recommend_several(both[:1], None, n=1)
    with pytest.raises(InvalidInputError, match="first of values"):
        Trial(0, {}, 5.0, values=(1.0, 2.0))
