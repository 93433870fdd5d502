"""Seconds predicted from size and configuration, and suggestions that count them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.durations import Durations
from metamodel.maps.history import TaskHistory
from metamodel.space.cube import UnitCube
from metamodel.space.design import space_filling
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_histories, make_task, true_scores
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.trial import Trial

OPTIMUM = 0.7


def depth(configuration: Configuration) -> float:
    return float(UnitCube(SPACE).encode([configuration])[0][0, 1])


def true_seconds(configuration: Configuration, n_rows: float, n_columns: float = 10.0) -> float:
    """Deep ones are slow, and the slower the more rows."""
    return float(
        1e-4 * n_rows ** (1.0 + 0.3 * depth(configuration)) * n_columns**0.5 * np.exp(2.0 * depth(configuration))
    )


def sized(n_rows: float, n_columns: float = 10.0) -> MetaFeatures:
    return MetaFeatures({"n_rows": n_rows, "n_columns": n_columns, "hint": OPTIMUM})


def timed_histories(n: int, *, seed: int = 0) -> list[TaskHistory]:
    rng = np.random.default_rng(seed)
    histories = []
    for history in make_histories(n, n_known=20)[0]:
        n_rows, n_columns = float(10 ** rng.uniform(2, 4)), float(10 ** rng.uniform(0.5, 2))
        seconds = np.array([true_seconds(c, n_rows, n_columns) for c in history.configurations])
        seconds *= np.exp(0.1 * rng.normal(size=len(seconds)))
        task = replace(history.task, meta_features=sized(n_rows, n_columns))
        histories.append(replace(history, task=task, durations_s=seconds))
    return histories


def model_of(histories: list[TaskHistory]) -> SpaceModel:
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)


def features(configurations: Sequence[Configuration]) -> FloatArray:
    cube = UnitCube(SPACE)
    return cube.features(*cube.encode(configurations))


@pytest.mark.parametrize("n_rows", [200.0, 8_000.0])
@pytest.mark.slow
def test_seconds_follow_the_tables_size_and_the_configuration(n_rows: float) -> None:
    durations = model_of(timed_histories(40)).durations
    assert durations is not None
    known = [dict(c) for c in CONFIGURATIONS]
    predicted = durations.seconds(sized(n_rows), features(known))
    true = np.array([true_seconds(c, n_rows) for c in known])
    assert np.abs(np.log(predicted / true)).mean() < 0.25
    strange = [dict(c) for c in space_filling(SPACE, 40, seed=11)]
    predicted = durations.seconds(sized(n_rows), features(strange))
    true = np.array([true_seconds(c, n_rows) for c in strange])
    assert np.abs(np.log(predicted / true)).mean() < 0.7


@pytest.mark.slow
def test_a_slow_machine_is_noticed() -> None:
    durations = model_of(timed_histories(20)).durations
    assert durations is not None
    own = [Trial(i, c, 0.5, duration_s=30.0 * true_seconds(c, 1_000.0)) for i, c in enumerate(CONFIGURATIONS[:6])]
    points = features([dict(c) for c in CONFIGURATIONS])
    before = durations.seconds(sized(1_000.0), points)
    after = durations.seconds(sized(1_000.0), points, own=own, own_features=points[:6])
    assert 10.0 < np.median(after / before) < 60.0
    assert np.array_equal(durations.seconds(sized(1_000.0), points, own=[], own_features=points[:0]), before)


@pytest.mark.slow
def test_what_is_not_known_counts_as_usual() -> None:
    histories = timed_histories(12)
    durations = model_of(histories).durations
    assert durations is not None
    points = features([dict(c) for c in CONFIGURATIONS])
    predicted = durations.seconds(None, points)
    assert np.isfinite(predicted).all() and (predicted > 0.0).all()
    assert np.array_equal(durations.seconds(MetaFeatures({"hint": 1.0}), points), predicted)
    timeless = [replace(h, durations_s=np.full(len(h.scores), np.nan)) for h in histories]
    assert model_of(timeless).durations is None
    answer = model_of(timeless).recommend(sized(100.0), n=3)
    assert {one.expected_duration_s for one in answer.configurations} == {None}
    sizeless = [replace(h, task=make_task(i, 0.5)) for i, h in enumerate(histories)]
    assert isinstance(model_of(sizeless).durations, Durations)


def run(model: SpaceModel, *, budget_s: float, counts: bool) -> list[Trial]:
    """A study that ends when its seconds are used up."""
    meta, left_s = sized(2_000.0), budget_s
    trials: list[Trial] = []
    while True:
        answer = model.suggest(meta, trials, n=1, seed=len(trials), time_budget_s=left_s if counts else None)
        configuration = dict(answer.configurations[0].configuration)
        seconds = true_seconds(configuration, 2_000.0)
        left_s -= seconds
        if left_s < 0.0 or len(trials) >= 40:
            return trials
        value = float(true_scores(OPTIMUM, (configuration,))[0])
        trials.append(Trial(len(trials), configuration, value, duration_s=seconds))


@pytest.mark.slow
def test_cheap_ones_come_first_where_time_is_short() -> None:
    model = model_of(timed_histories(30))
    usual = float(np.median([true_seconds(c, 2_000.0) for c in CONFIGURATIONS]))
    careless, careful = (run(model, budget_s=8 * usual, counts=counts) for counts in (False, True))
    assert len(careful) > len(careless)
    assert max(t.value or 0.0 for t in careful) >= max(t.value or 0.0 for t in careless) - 0.01
    mean_s = [np.mean([t.duration_s or 0.0 for t in trials]) for trials in (careful, careless)]
    assert mean_s[0] < mean_s[1]


@pytest.mark.slow
def test_what_would_end_too_late_is_not_suggested() -> None:
    model = model_of(timed_histories(30))
    trials = [Trial(0, dict(CONFIGURATIONS[0]), 0.5, duration_s=true_seconds(CONFIGURATIONS[0], 2_000.0))]
    seconds = sorted(true_seconds(c, 2_000.0) for c in CONFIGURATIONS)
    answer = model.suggest(sized(2_000.0), trials, n=3, time_budget_s=seconds[8])
    for one in answer.configurations:
        assert one.expected_duration_s is not None and one.expected_duration_s <= seconds[8]
    hopeless = model.suggest(sized(2_000.0), trials, n=1, time_budget_s=1e-9)
    assert len(hopeless.configurations) == 1
