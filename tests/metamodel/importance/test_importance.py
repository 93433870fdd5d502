"""Main effects against closed forms, ranges and their price, what a cold study may expect."""

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from metamodel.backtest.baselines import expected_random
from metamodel.engine import SpaceModel, fit_model
from metamodel.importance.effects import Design, effects_in_past, effects_in_study, main_effects
from metamodel.importance.expectations import cold_expectations
from metamodel.importance.ranges import MIN_TASKS, suggest_ranges
from metamodel.maps.history import TaskHistory
from metamodel.space.design import space_filling
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

SPACE = SearchSpace(
    {
        "a": FloatDistribution(0.0, 1.0),
        "b": FloatDistribution(1e-3, 1.0, log=True),
        "n": IntDistribution(1, 9),
        "c": CategoricalDistribution(["x", "y", "z"]),
    },
    defaults={"a": 0.5, "b": 0.1, "n": 3, "c": "x"},
)


def model(n_tasks: int = 14, *, direction: Direction = Direction.MAXIMIZE, n: int = 24) -> SpaceModel:
    """Tasks whose best `a` lies around .8, and on which `b` and `n` do nothing."""
    rng = np.random.default_rng(0)
    histories = []
    for index in range(n_tasks):
        configurations = [SPACE.default_configuration() or {}, *space_filling(SPACE, n, seed=0)]
        best = rng.normal(0.8, 0.03)
        scores = np.array([1.0 - abs(float(c["a"] or 0) - best) + 0.05 * (c["c"] == "y") for c in configurations])
        task = Task(f"t{index}", f"task {index}", TaskKind.BINARY, MetaFeatures({"n_rows": float(index)}))
        given = direction.sign * scores
        histories.append(TaskHistory(task, tuple(configurations), given, np.full(len(given), np.nan)))
    return fit_model(SPACE, histories, metric="m", direction=direction)


def test_effects_of_an_additive_function_are_its_shares_of_variance() -> None:
    design = Design.over(SPACE, n=4_096)
    values = 3.0 * design.points[:, 0] + 1.0 * design.points[:, 1]
    shares = main_effects(design, values)
    assert shares[:2] == pytest.approx([0.9, 0.1], abs=0.02)  # 9 : 1 in variance
    assert (shares[2:] < 0.01).all()
    assert main_effects(design, 7.0 - 2.0 * values) == pytest.approx(shares)


def test_a_pure_interaction_has_no_main_effect() -> None:
    design = Design.over(SPACE, n=4_096)
    values = (design.points[:, 0] - 0.5) * (design.points[:, 1] - 0.5)
    assert (main_effects(design, values) < 0.03).all()
    assert (main_effects(design, np.ones(len(values))) == 0.0).all()


def test_an_inactive_parameter_explains_only_where_it_is_active() -> None:
    space = SearchSpace(
        {"on": CategoricalDistribution([True, False]), "x": FloatDistribution(0.0, 1.0)},
        (Condition("x", "on", (True,)),),
    )
    design = Design.over(space, n=2_048)
    values = np.where(design.active[:, 1], design.points[:, 1], 0.5)
    on, x = main_effects(design, values)
    assert on < 0.01
    assert x > 0.95


@pytest.mark.parametrize("direction", list(Direction))
def test_a_study_tells_what_matters_in_it_whichever_way_is_better(direction: Direction) -> None:
    configurations = space_filling(SPACE, 120, seed=3)
    quality = np.array([-((float(c["a"] or 0) - 0.3) ** 2) for c in configurations])
    found = effects_in_study(SPACE, configurations, direction.sign * quality, direction)
    assert found is not None
    assert next(iter(found)) == "a"
    assert found["a"] > 0.7
    assert max(found[name] for name in ("b", "n", "c")) < 0.1


def test_too_few_or_equal_trials_tell_nothing() -> None:
    configurations = space_filling(SPACE, 20, seed=3)
    assert effects_in_study(SPACE, configurations[:5], np.arange(5.0), Direction.MAXIMIZE) is None
    assert effects_in_study(SPACE, configurations, np.ones(20), Direction.MAXIMIZE) is None
    with pytest.raises(InvalidInputError):
        effects_in_study(SPACE, configurations, np.full(20, np.nan), Direction.MAXIMIZE)


@pytest.mark.slow
def test_past_tasks_agree_on_what_matters() -> None:
    maps = model().maps
    assert maps is not None
    found = effects_in_past(SPACE, maps)
    assert next(iter(found)) == "a"
    for estimate in found.values():
        assert 0.0 <= estimate.low <= estimate.mean <= estimate.high <= 1.0
    assert found["a"].low > found["b"].high


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.slow
def test_ranges_hold_the_best_and_their_price_is_reported(direction: Direction) -> None:
    maps = model(direction=direction).maps
    assert maps is not None
    found = suggest_ranges(SPACE, maps)
    assert found is not None
    by_name = {one.name: one for one in found.ranges}
    assert by_name["a"].low is not None
    assert by_name["a"].high is not None
    assert 0.6 < float(by_name["a"].low) <= float(by_name["a"].high) < 0.97
    assert by_name["a"].kept < 0.4
    for one in found.ranges:
        assert 0.0 <= one.kept <= 1.0
        for value in (one.low, one.high, *one.choices):
            assert value is None or SPACE.contains(one.name, value)
    assert 0.0 <= found.mean_loss < 0.1
    assert 0.0 <= found.harmed <= 1.0


def test_few_tasks_suggest_no_range() -> None:
    maps = model(MIN_TASKS - 1).maps
    assert maps is not None
    assert suggest_ranges(SPACE, maps) is None


@pytest.mark.slow
def test_cold_expectations_are_those_of_the_other_tasks() -> None:
    fitted = model()
    assert fitted.maps is not None
    found = cold_expectations(fitted, n_trials=10, exclude=frozenset({"t0"}))
    assert found is not None
    others = np.clip(1.0 - fitted.maps.mean[1:, : fitted.maps.n_tried], 0.0, 1.0)
    expected = np.array([expected_random(row, n_trials=10) for row in others])
    assert found.random.mean == pytest.approx(expected.mean(axis=0))
    assert found.random.n_tasks == 13
    assert found.default_first is not None
    assert found.default_first.mean[0] == pytest.approx(others[:, 0].mean())
    for curve in (found.random, found.default_first):
        assert (np.diff(curve.mean) <= 1e-12).all()
        assert (curve.low <= curve.high).all()


def test_without_other_tasks_nothing_is_expected() -> None:
    fitted = model(3)
    assert cold_expectations(fitted, n_trials=5, exclude=frozenset({"t0", "t1", "t2"})) is None
    assert cold_expectations(fit_model(SPACE, [], metric="m", direction=Direction.MAXIMIZE), n_trials=5) is None
