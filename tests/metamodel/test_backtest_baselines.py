from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamodel.backtest.baselines import (
    best_so_far,
    default_then_random,
    expected_random,
    neighbours_best,
    rows_of_batch,
    static_portfolio,
)
from metamodel.backtest.records import TargetTable, normalised_regret
from metamodel.backtest.tpe import cold_tpe
from metamodel.engine import fit_model
from tests.metamodel.backtest_samples import CONFIGURATIONS, N_TASKS, SPACE, make_recording, related_scores
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import MetaFeatures

REGRETS = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), min_size=1, max_size=6).map(np.array)


def make_target(scores: np.ndarray | None = None, *, direction: Direction = Direction.MAXIMIZE) -> TargetTable:
    recording = make_recording(scores, direction=direction)
    return TargetTable.of(recording, recording.tasks[0])


@settings(max_examples=40, deadline=None)
@given(REGRETS)
def test_expected_random_is_the_mean_over_all_orders(regret: np.ndarray) -> None:
    orders = [np.minimum.accumulate(order) for order in permutations(regret)]
    expected = expected_random(regret, n_trials=len(regret) + 2)
    np.testing.assert_allclose(expected[: len(regret)], np.mean(orders, axis=0), atol=1e-12)
    np.testing.assert_allclose(expected[len(regret) :], regret.min())


@settings(max_examples=40, deadline=None)
@given(REGRETS, st.data())
def test_the_default_comes_first_then_any_order_of_the_others(regret: np.ndarray, data: st.DataObject) -> None:
    default = data.draw(st.integers(0, len(regret) - 1))
    others = np.delete(regret, default)
    orders = [np.minimum.accumulate([regret[default], *order]) for order in permutations(others)]
    found = default_then_random(regret, default, n_trials=len(regret))
    np.testing.assert_allclose(found, np.mean(orders, axis=0), atol=1e-12)


def test_always_picking_the_best_leaves_no_regret() -> None:
    table = make_target()
    best = int(table.history.scores.argmax())
    np.testing.assert_array_equal(best_so_far(table.regret, [best], n_trials=5), np.zeros(5))
    assert table.regret.max() == 1.0


def test_regret_follows_the_direction() -> None:
    scores = np.array([0.2, 0.5, np.nan, 0.3])
    np.testing.assert_allclose(normalised_regret(scores, Direction.MAXIMIZE), [1.0, 0.0, 1.0, 2 / 3])
    np.testing.assert_allclose(normalised_regret(scores, Direction.MINIMIZE), [0.0, 1.0, 1.0, 1 / 3])


@pytest.mark.parametrize(
    ("scores", "regret"), [([2.0, 2.0], [0, 0]), ([np.nan, np.nan], [0, 0]), ([1.0, np.nan], [0, 1])]
)
def test_scores_that_do_not_differ_have_a_defined_regret(scores: list[float], regret: list[float]) -> None:
    np.testing.assert_array_equal(normalised_regret(np.array(scores), Direction.MAXIMIZE), regret)


def test_a_recorded_configuration_is_its_own_nearest() -> None:
    table = make_target()
    assert table.snap(CONFIGURATIONS) == list(range(len(CONFIGURATIONS)))
    assert table.snap([CONFIGURATIONS[7], CONFIGURATIONS[7]])[0] == 7


def test_what_was_taken_is_not_taken_again() -> None:
    table = make_target()
    rows = table.snap([CONFIGURATIONS[7]] * 5)
    assert rows[0] == 7 and len(set(rows)) == 5


def test_a_batch_is_followed_by_the_rest_in_random_order() -> None:
    table = make_target()
    rows = rows_of_batch(table, [CONFIGURATIONS[3], CONFIGURATIONS[3], CONFIGURATIONS[8]], n_trials=30, seed=1)
    assert rows[:2] == [3, 8]
    assert sorted(rows) == list(range(30))
    assert rows != rows_of_batch(table, [CONFIGURATIONS[3], CONFIGURATIONS[8]], n_trials=30, seed=2)


@pytest.mark.parametrize("direction", list(Direction))
def test_the_nearest_tasks_best_comes_first(direction: Direction) -> None:
    scores, levels = related_scores()
    recording = make_recording(direction.sign * scores, direction=direction)
    past = [task.truth for task in recording.tasks]
    for row in range(N_TASKS):
        asked = MetaFeatures({"level": float(levels[row]), "noise": float(row % 3)})
        batch = neighbours_best(past, asked, direction=direction)
        assert len(batch) == N_TASKS
        assert batch[0] == CONFIGURATIONS[int(scores[row].argmax())]


def test_the_portfolio_complements_itself() -> None:
    scores, _ = related_scores()
    scores[:] = 0.1
    scores[:6, 4] = 0.9  # good for most
    scores[:6, 5] = 0.8  # good for the same ones
    scores[6:, 9] = 0.7  # good for the others
    model = fit_model(
        SPACE, [t.truth for t in make_recording(scores).tasks], metric="score", direction=Direction.MAXIMIZE
    )
    uniform = np.full(N_TASKS, 1 / N_TASKS)
    assert static_portfolio(model, uniform, n=2) == [CONFIGURATIONS[4], CONFIGURATIONS[9]]
    others_only = np.where(np.arange(N_TASKS) >= 6, 0.25, 0.0)
    assert static_portfolio(model, others_only, n=1) == [CONFIGURATIONS[9]]
    assert static_portfolio(model, 0.0 * uniform, n=2) == []


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.slow
def test_cold_tpe_learns_which_way_is_better(direction: Direction) -> None:
    scores, _ = related_scores()
    table = make_target(direction.sign * scores, direction=direction)
    rows = cold_tpe(table, direction=direction, n_trials=40, seed=0)
    assert table.regret[rows[20:]].mean() < 0.8 * table.regret.mean()
    assert rows == cold_tpe(table, direction=direction, n_trials=40, seed=0)


def test_cold_tpe_survives_failed_trials() -> None:
    scores, _ = related_scores()
    scores[0, ::3] = np.nan
    rows = cold_tpe(make_target(scores), direction=Direction.MAXIMIZE, n_trials=20, seed=0)
    assert len(rows) == 20
    assert np.isnan(scores[0, rows]).any()
