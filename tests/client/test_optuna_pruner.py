"""The pruner: what past curves predict, over a real service and a real Optuna."""

import logging
import math
import pickle
import random
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from warmtune.client import Client
from warmtune.optuna.promise import MIN_SAMPLES, Curve, Promise
from warmtune.optuna.pruner import WarmtunePruner
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures, TaskKind

SPACE = {"rate": FloatDistribution(0.0, 1.0)}
N_STEPS = 12


def _value(rate: float, step: int) -> float:
    """Slow starters end highest: a rule that compares at the same step prunes the wrong ones."""
    return (0.5 + 0.5 * (1.0 - rate)) * (1.0 - math.exp(-(0.15 + rate) * step))


def _objective(trial: optuna.Trial) -> float:
    rate = trial.suggest_float("rate", 0.0, 1.0)
    for step in range(1, N_STEPS + 1):
        trial.report(_value(rate, step), step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return _value(rate, N_STEPS)


def _curves(n: int, *, seed: int) -> list[Curve]:
    rng = random.Random(seed)
    rates = [rng.random() for _ in range(n)]
    return [Curve.of({s: _value(r, s) for s in range(1, N_STEPS + 1)}, _value(r, N_STEPS)) for r in rates]


def test_who_lags_far_behind_has_no_chance_and_who_leads_has_a_good_one() -> None:
    promise = Promise([_curves(20, seed=seed) for seed in range(6)])
    curves = _curves(20, seed=99)
    best = max(curve.final for curve in curves)
    others = [at for curve in curves if (at := curve.at(9)) is not None]
    low, high = (promise.chance(9, value, best, others) for value in (min(others) - 0.2, best))
    assert low is not None and high is not None
    assert 0.0 < low < 0.05 < high <= 1.0


def test_chances_are_the_shares_that_came_true() -> None:
    promise = Promise([_curves(20, seed=seed) for seed in range(10)])
    said, true = [], []
    for seed in range(50, 70):
        curves = _curves(20, seed=seed)
        best = curves[0].final
        for curve in curves[1:]:
            others = [at for one in curves if (at := one.at(6)) is not None and one is not curve]
            value = curve.at(6)
            assert value is not None
            chance = promise.chance(6, value, best, others)
            assert chance is not None
            said.append(chance)
            true.append(curve.final > best)
            best = max(best, curve.final)
    assert sum(said) / len(said) == pytest.approx(sum(true) / len(true), abs=0.06)
    likely = [happened for chance, happened in zip(said, true, strict=True) if chance < 0.05]
    assert sum(likely) <= 0.05 * len(likely) + 2


def test_units_do_not_matter_and_too_little_is_no_answer() -> None:
    curves = [_curves(20, seed=seed) for seed in range(4)]
    scaled = [[Curve(c.steps, tuple(100.0 * v for v in c.values), 100.0 * c.final) for c in task] for task in curves]
    others = [0.1, 0.2, 0.3, 0.4, 0.5]
    one = Promise(curves).chance(4, 0.3, 0.6, others)
    other = Promise(scaled).chance(4, 30.0, 60.0, [100.0 * at for at in others])
    assert one == pytest.approx(other)
    assert Promise(curves).chance(N_STEPS + 1, 0.3, 0.6, others) is None
    assert Promise([task[:2] for task in curves]).chance(4, 0.3, 0.6, others) is None
    assert Promise([]).chance(4, 0.3, 0.6, []) is None
    assert MIN_SAMPLES > 0
    flat = Curve.of({1: 0.5, 2: 0.5}, 0.5)
    assert Promise([[flat] * 30]).chance(1, 0.5, 0.5, []) is None


@pytest.fixture
def past(client: Client) -> None:
    """Six other tasks, each with a study of 15 whole curves."""
    for number in range(6):
        task = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 900.0 + number}), name=f"curves {number}")
        old = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=number))
        old.optimize(_objective, n_trials=15)
        client.report(old, task, search_space=SPACE, metric="curved")


def _pruner(service: Any, **more: Any) -> WarmtunePruner:
    return WarmtunePruner(service, search_space=SPACE, kind="binary", metric="curved", **more)


def _run(pruner: optuna.pruners.BasePruner | None) -> optuna.Study:
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=77),
        pruner=pruner or optuna.pruners.NopPruner(),
    )
    study.optimize(_objective, n_trials=40)
    return study


@pytest.mark.usefixtures("past")
def test_it_saves_steps_and_keeps_slow_starters(client: Client) -> None:
    whole, warm = _run(None), _run(_pruner(client, min_chance=0.05))
    median = _run(optuna.pruners.MedianPruner(n_startup_trials=3))
    assert warm.best_value == whole.best_value
    assert median.best_value < whole.best_value
    steps = [sum(len(t.intermediate_values) for t in study.trials) for study in (whole, warm)]
    assert steps[1] < 0.9 * steps[0]
    assert client.learning_curves(SPACE, kind="binary", metric="curved", direction="maximize", n=7)[6].values[1] > 0.0


@pytest.mark.usefixtures("past")
def test_a_pickled_one_goes_on_alike_and_excluded_tasks_do_not_count(client: Client) -> None:
    copied = pickle.loads(pickle.dumps(_pruner(client)))
    assert [t.state for t in _run(copied).trials] == [t.state for t in _run(_pruner(client)).trials]
    ids = {c.task_id for c in client.learning_curves(SPACE, kind="binary", metric="curved", direction="maximize")}
    assert len(ids) == 6
    alone = _run(_pruner(client, exclude_task_ids=ids))
    median = _run(optuna.pruners.MedianPruner(n_startup_trials=3))
    assert [t.state for t in alone.trials] == [t.state for t in median.trials]


def test_without_curves_or_a_service_the_fallback_decides(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    median = _run(optuna.pruners.MedianPruner(n_startup_trials=3))
    with Client("http://127.0.0.1:9", retry=Retry(attempts=1)) as nobody:
        lonely = _run(_pruner(nobody))
    unknown = _run(WarmtunePruner(client, search_space=SPACE, kind="binary", metric="nobody_curved"))
    for study in (lonely, unknown):
        assert [t.state for t in study.trials] == [t.state for t in median.trials]
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert ["MedianPruner" in message for message in warnings] == [True]
    never = _run(WarmtunePruner(client, search_space=SPACE, kind="binary", fallback=optuna.pruners.NopPruner()))
    assert all(t.state is TrialState.COMPLETE for t in never.trials)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"min_chance": 1.5}, "min_chance"),
        ({"min_chance": float("nan")}, "min_chance"),
        ({"n_startup_trials": -1}, "n_startup_trials"),
        ({"n_warmup_steps": 0.5}, "n_warmup_steps"),
        ({"fallback": "median"}, "fallback"),
        ({"exclude_task_ids": "task_a"}, "exclude_task_ids"),
        ({"kind": "sorting"}, "kind"),
        ({"metric": ["a", "b"]}, "metric"),
        ({"search_space": 5}, "search_space"),
    ],
)
def test_mistakes_are_named(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        WarmtunePruner("http://127.0.0.1:9", **{"search_space": SPACE, "kind": "binary", **arguments})
    assert refused.value.field == field
