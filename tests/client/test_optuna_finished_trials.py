import datetime as dt

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState as OptunaState

from warmtune.optuna.finished_trials import finished_trial
from warmtune.vocabulary.errors import InvalidConfigurationError
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.trial import MAX_INTERMEDIATE_VALUES, TrialState

X = FloatDistribution(0.0, 1.0)
KIND = CategoricalDistribution(["a", "b"])
SPACE = SearchSpace({"x": X, "kind": KIND, "only_b": X}, (Condition("only_b", "kind", ("b",)),))
START = dt.datetime(2026, 1, 1, 12, 0, 0)


def _frozen(
    state: OptunaState = OptunaState.COMPLETE,
    value: float | None = 0.5,
    params: dict[str, object] | None = None,
    intermediate_values: dict[int, float] | None = None,
    seconds: float = 1.5,
) -> optuna.trial.FrozenTrial:
    chosen = {"x": 0.25, "kind": "a"} if params is None else params
    frozen = optuna.trial.create_trial(
        state=state,
        value=value,
        params=chosen,
        distributions={name: KIND if name == "kind" else X for name in chosen},
        intermediate_values=intermediate_values,
    )
    frozen.datetime_start = START
    frozen.datetime_complete = START + dt.timedelta(seconds=seconds)
    frozen.number = 7
    return frozen


def test_a_complete_trial_keeps_everything() -> None:
    trial = finished_trial(_frozen(intermediate_values={0: 0.1, 5: 0.4}), SPACE)
    assert (trial.number, trial.configuration) == (7, {"x": 0.25, "kind": "a"})
    assert (trial.state, trial.value, trial.duration_s) == (TrialState.COMPLETE, 0.5, 1.5)
    assert trial.intermediate_values == {0: 0.1, 5: 0.4}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_value_that_compares_with_nothing_is_a_failure(value: float) -> None:
    frozen = _frozen()
    frozen.value = value  # Optuna itself refuses NaN on the way in, not the infinities
    trial = finished_trial(frozen, SPACE)
    assert (trial.state, trial.value) == (TrialState.FAIL, None)


def test_a_pruned_trial_has_its_last_intermediate_value() -> None:
    study = optuna.create_study()
    trial = study.ask({"x": X, "kind": CategoricalDistribution(["a"])})
    trial.report(0.7, 0)
    trial.report(0.9, 1)
    study.tell(trial, state=OptunaState.PRUNED)
    pruned = finished_trial(study.get_trials()[0], SPACE)
    assert (pruned.state, pruned.value, pruned.intermediate_values) == (TrialState.PRUNED, 0.9, {0: 0.7, 1: 0.9})


def test_a_trial_pruned_on_a_nan_has_no_value() -> None:
    frozen = _frozen(OptunaState.PRUNED, value=float("nan"), intermediate_values={0: 0.7, 1: float("nan")})
    pruned = finished_trial(frozen, SPACE)
    assert (pruned.state, pruned.value, pruned.intermediate_values) == (TrialState.PRUNED, None, {0: 0.7})


def test_a_failed_trial_has_no_value() -> None:
    trial = finished_trial(_frozen(OptunaState.FAIL, value=None), SPACE)
    assert (trial.state, trial.value) == (TrialState.FAIL, None)


def test_a_clock_that_was_set_back_gives_no_duration() -> None:
    assert finished_trial(_frozen(seconds=-3), SPACE).duration_s is None


def test_of_too_many_intermediate_values_evenly_spaced_ones_are_kept() -> None:
    many = {step: float(step) for step in range(MAX_INTERMEDIATE_VALUES + 5)}
    kept = finished_trial(_frozen(intermediate_values=many), SPACE).intermediate_values
    assert list(kept) == list(range(0, MAX_INTERMEDIATE_VALUES + 5, 2))


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"x": 0.25}, "params.kind"),
        ({"x": 0.25, "kind": "b"}, "params.only_b"),
        ({"x": 0.25, "kind": "a", "only_b": 0.1}, "params.only_b"),
    ],
)
def test_parameters_outside_the_space_are_refused_by_name(params: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidConfigurationError) as caught:
        finished_trial(_frozen(params=params), SPACE)
    assert caught.value.field == field


@pytest.mark.parametrize("constraints", [(-1.0, 0.0), (0.5,), ()])
def test_an_infeasible_trial_keeps_its_value_and_says_so(constraints: tuple[float, ...]) -> None:
    frozen = _frozen()
    if constraints:
        frozen.system_attrs["constraints"] = constraints
    found = finished_trial(frozen, SPACE)
    assert (found.state, found.value, found.constraints) == (TrialState.COMPLETE, 0.5, constraints)
    assert found.is_feasible == (constraints != (0.5,))
