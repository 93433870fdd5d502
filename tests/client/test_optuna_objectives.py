"""Constraints, several objectives, and a sampler of the user's own that fills in."""

import math
from collections.abc import Callable, Sequence

import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState

from tests.client.sampling import kept_study
from warmtune.client import Client
from warmtune.optuna.constraints import constraint_values, constraints_of
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.seen_trials import MAX_TRIALS_SENT, SeenTrials
from warmtune.vocabulary.constraints import LARGEST_VIOLATION
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace

SPACE: dict[str, BaseDistribution] = {"x": FloatDistribution(0.0, 1.0), "z": FloatDistribution(0.0, 1.0)}
NOBODY = "http://127.0.0.1:9"


def _sum(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0.0, 1.0) + trial.suggest_float("z", 0.0, 1.0)


def _frozen(number: int, x: float, *, value: float | None, constraints: Sequence[float] = ()) -> FrozenTrial:
    trial = optuna.trial.create_trial(
        params={"x": x, "z": 0.5},
        distributions=SPACE,
        value=value,
        state=TrialState.FAIL if value is None else TrialState.COMPLETE,
        system_attrs={"constraints": tuple(constraints)} if constraints else {},
    )
    trial.number = number
    return trial


def test_constraints_are_sent_in_the_order_of_their_names() -> None:
    assert constraint_values(_frozen(0, 0.1, value=1.0)) == ()
    assert constraint_values(_frozen(0, 0.1, value=1.0, constraints=(-1.0, 0.0))) == (-1.0, 0.0)
    assert constraint_values(_frozen(0, 0.1, value=1.0, constraints=(math.nan, math.inf, -math.inf))) == (
        LARGEST_VIOLATION,
        LARGEST_VIOLATION,
        -LARGEST_VIOLATION,
    )
    twelve = tuple(float(place) for place in range(12))
    assert constraint_values(_frozen(0, 0.1, value=1.0, constraints=twelve)) == twelve
    assert constraints_of(_frozen(0, 0.1, value=1.0, constraints=(2.0, 3.0))) == {"0": 2.0, "1": 3.0}


@pytest.mark.parametrize("direction", list(Direction))
def test_infeasible_trials_are_sent_as_they_are_and_left_out_first(direction: Direction) -> None:
    early = [_frozen(n, 0.2, value=direction.sign * 99.0, constraints=(1.0,)) for n in range(100)]
    late = [_frozen(100 + n, 0.3, value=float(n), constraints=(-1.0,)) for n in range(MAX_TRIALS_SENT + 50)]
    seen = SeenTrials(SearchSpace(SPACE)).observed([*early, *late], direction)
    assert len(seen) == MAX_TRIALS_SENT
    assert all(trial.is_feasible for trial in seen)
    few = SeenTrials(SearchSpace(SPACE)).observed([*early[:3], *late[:3]], direction)
    assert [t.constraints for t in few] == [(1.0,)] * 3 + [(-1.0,)] * 3
    assert [t.value for t in few[:3]] == [direction.sign * 99.0] * 3


def test_of_a_long_study_the_best_and_the_latest_are_sent_and_each_is_converted_once() -> None:
    trials = [_frozen(n, (n % 97) / 97, value=float(n % 101)) for n in range(MAX_TRIALS_SENT + 300)]
    seen = SeenTrials(SearchSpace(SPACE))
    sent = seen.observed(trials, Direction.MAXIMIZE)
    assert len(sent) == MAX_TRIALS_SENT
    assert [t.number for t in sent] == sorted(t.number for t in sent)
    assert {t.number for t in trials[-MAX_TRIALS_SENT // 2 :]} <= {t.number for t in sent}
    again = {t.number: t for t in seen.observed(trials, Direction.MAXIMIZE)}
    assert all(again[t.number] is t for t in sent)


def _asks_by_function(trial: FrozenTrial) -> Sequence[float]:
    return (trial.user_attrs["c"],)


def _objective(trial: optuna.Trial) -> float:
    """Best where it is forbidden; tells its constraint in each way that this Optuna has."""
    value = _sum(trial)
    trial.set_user_attr("c", value - 1.0)
    if hasattr(trial, "set_constraint"):
        trial.set_constraint("c", value - 1.0)
    return value


@pytest.mark.parametrize("constraints_func", [None, _asks_by_function])
def test_suggestions_keep_to_what_is_feasible(
    client: Client, described: TaskDescription, constraints_func: Callable[[FrozenTrial], Sequence[float]] | None
) -> None:
    if constraints_func is None and not hasattr(optuna.trial.Trial, "set_constraint"):
        pytest.skip("Optuna 5 has it")
    sampler = WarmtuneSampler(
        client, described, search_space=SPACE, metric="con", seed=0, constraints_func=constraints_func
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(_objective, n_trials=25)
    feasible = [trial.user_attrs["c"] <= 0.0 for trial in study.trials]
    assert any(feasible[-15:])  # without the constraint they go for the corner, where none is
    values = [trial.values[0] for trial, is_so in zip(study.trials, feasible, strict=True) if is_so]
    assert max(values) > 0.95  # of 1, at the border
    kept = kept_study(client, study)
    assert kept.best_value == max(values)  # in the service too
    sent = client.list_trials(kept.study_id).items
    assert [trial.is_feasible for trial in sent] == feasible
    assert [trial.value for trial in sent] == [trial.values[0] for trial in study.trials]


@pytest.mark.slow
def test_a_sampler_of_ones_own_fills_in(described: TaskDescription, caplog: pytest.LogCaptureFixture) -> None:
    warm = optuna.create_study(
        sampler=WarmtuneSampler(
            NOBODY, described, search_space=SPACE, metric="m", fallback=optuna.samplers.RandomSampler(seed=3)
        )
    )
    cold = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))
    for study in (warm, cold):
        study.optimize(_sum, n_trials=5)
    assert [t.params for t in warm.trials] == [t.params for t in cold.trials]
    assert ["goes on as RandomSampler" in record.getMessage() for record in caplog.records] == [True]
