"""A forest over meta-features: who speaks for whom, honesty about a task's own trials, and when it is dropped."""

from dataclasses import replace

import numpy as np
import pytest

from metamodel.embedding.forest_growth import MAX_TASKS, MIN_TASKS, grow_forest
from metamodel.embedding.task_forest import TaskForest
from metamodel.engine import fit_model
from tests.metamodel.forests import forest_of_one_split
from tests.metamodel.synthetic import SPACE, make_histories
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction

N_TASKS = 80


def of_two_kinds(n_tasks: int = N_TASKS, *, seed: int = 0) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Meta-features ``(n, 6)``, maps ``(n, 12)`` and kinds ``(n,)``: both signs must be positive."""
    rng = np.random.default_rng(seed)
    scaled = rng.standard_normal((n_tasks, 6))
    kind = ((scaled[:, 0] > 0.0) & (scaled[:, 1] > 0.0)).astype(np.float64)
    maps = np.where(kind[:, None] > 0.0, *rng.random((2, 1, 12))) + 0.02 * rng.standard_normal((n_tasks, 12))
    return scaled, maps, kind


def equal_weights(n_tasks: int, task: int) -> FloatArray:
    result: FloatArray = (np.arange(n_tasks) != task) / (n_tasks - 1)
    return result


def grown(scaled: FloatArray, maps: FloatArray) -> TaskForest | None:
    return grow_forest(scaled, maps, lambda task: equal_weights(len(scaled), task), seed=0)


def test_those_speak_that_want_the_same() -> None:
    scaled, maps, kind = of_two_kinds()
    forest = grown(scaled, maps)
    assert forest is not None
    assert forest.share == 0.75
    assert forest.gain > 0.3
    for signs, wanted in (((1.5, 1.5), 1.0), ((1.5, -1.5), 0.0), ((-1.5, 1.5), 0.0)):
        asked = np.zeros(6)
        asked[:2] = signs
        weights = forest.weights(asked, N_TASKS)
        assert weights.sum() == pytest.approx(1.0)
        assert (weights >= 0.0).all()
        assert weights[kind == wanted].sum() > 0.7


def test_a_task_ends_where_it_was_put() -> None:
    scaled, maps, _ = of_two_kinds()
    forest = grown(scaled, maps)
    assert forest is not None
    drawn_alone = replace(forest, drawn=np.zeros_like(forest.drawn))
    for row in (0, 17, 79):
        marked = drawn_alone.drawn.copy()
        marked[row] = 1
        assert replace(forest, drawn=marked).weights(scaled[row], N_TASKS)[row] == pytest.approx(1.0)
        drawn_share = forest.weights(scaled[row], N_TASKS)
        assert drawn_share[row] > 1.0 / N_TASKS


def test_neither_a_task_nor_its_copies_speak_for_it() -> None:
    scaled, maps, _ = of_two_kinds()
    scaled[1], maps[1] = scaled[0] + 1e-3, maps[0]
    forest = grown(scaled, maps)
    assert forest is not None
    weights = forest.weights_without(0, N_TASKS)
    assert weights[0] == weights[1] == 0.0
    assert weights.sum() == pytest.approx(1.0)
    assert forest.weights(scaled[0], N_TASKS)[:2].sum() > 0.0


def test_trees_that_have_seen_a_task_are_not_asked_about_it() -> None:
    scaled, maps, _ = of_two_kinds()
    forest = grown(scaled, maps)
    assert forest is not None
    seen = np.flatnonzero(forest.drawn[5] > 0)
    others = forest.leaves.copy()
    others[:, seen] = -1  # whatever these trees say
    others[5] = forest.leaves[5]
    assert replace(forest, leaves=others).weights_without(5, N_TASKS) == pytest.approx(
        forest.weights_without(5, N_TASKS)
    )


def test_it_is_dropped_where_meta_features_tell_nothing() -> None:
    scaled, maps, _ = of_two_kinds()
    rng = np.random.default_rng(3)
    assert grown(rng.standard_normal(scaled.shape), maps) is None


@pytest.mark.parametrize("change", ["too few", "no meta-feature", "equal maps"])
def test_it_is_not_grown_on(change: str) -> None:
    scaled, maps, _ = of_two_kinds()
    given = {
        "too few": (scaled[: MIN_TASKS - 1], maps[: MIN_TASKS - 1]),
        "no meta-feature": (scaled[:, :0], maps),
        "equal maps": (scaled, np.ones_like(maps)),
    }[change]
    assert grown(*given) is None


def test_gaps_are_welcome() -> None:
    scaled, maps, _ = of_two_kinds()
    scaled[np.random.default_rng(1).random(scaled.shape) < 0.1] = np.nan
    forest = grown(scaled, maps)
    assert forest is not None
    assert np.isfinite(forest.weights(np.zeros(6), N_TASKS)).all()


@pytest.mark.slow
def test_of_many_tasks_a_sample_is_grown_on() -> None:
    n_tasks = MAX_TASKS + 40
    scaled, maps, _ = of_two_kinds(n_tasks)
    forest = grown(scaled, maps)
    assert forest is not None
    assert len(forest.tasks) == MAX_TASKS
    left_out = int(np.setdiff1d(np.arange(n_tasks), forest.tasks)[0])
    equal = np.isin(np.arange(n_tasks), forest.tasks) / MAX_TASKS
    assert forest.weights_without(left_out, n_tasks) == pytest.approx(equal)
    assert forest.weights(scaled[left_out], n_tasks)[left_out] == 0.0


@pytest.mark.slow
def test_equal_seeds_give_equal_forests() -> None:
    scaled, maps, _ = of_two_kinds()
    one, other = grown(scaled, maps), grown(scaled, maps)
    assert one is not None
    assert other is not None
    assert np.array_equal(one.leaves, other.leaves)
    assert np.array_equal(one.threshold, other.threshold)


@pytest.mark.slow
def test_a_model_mixes_the_forest_in_and_leaves_out_what_it_must() -> None:
    histories, _ = make_histories(14)
    learned = fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)
    assert learned.embedding is not None
    mixed = replace(learned, forest=forest_of_one_split(14, share=0.5))
    asked = histories[3].task.meta_features
    first = learned.embedding.locate(asked).inputs[0] <= 0.0
    half = np.arange(14) < 7 if first else np.arange(14) >= 7
    familiarity = learned.embedding.familiarity(asked)
    before, after = learned.weigh(asked).near, mixed.weigh(asked).near
    by_forest = half / 7
    assert after == pytest.approx((1.0 - 0.5 * familiarity) * before + 0.5 * familiarity * by_forest)
    hidden = [histories[i].task.task_id for i in np.flatnonzero(half)]
    without = mixed.weigh(asked, hidden).near
    assert without[half].sum() == 0.0
    assert without == pytest.approx(learned.weigh(asked, hidden).near)  # the forest knows none of those that are left
