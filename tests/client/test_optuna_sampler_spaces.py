"""The sampler where the objective's parameters and the search space are not the same."""

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from tests.client.sampling import SPACE, new_study, params_of, recommended, suggested
from tests.values import number
from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.space import SearchSpace


def test_a_space_that_grows_is_the_services_where_it_knows_it(client: Client, described: TaskDescription) -> None:
    small = SearchSpace({name: SPACE.parameters[name] for name in ("C", "degree")})
    study = new_study(WarmtuneSampler(client, described, search_space=small, n_startup=2, report=False))

    def growing(trial: optuna.Trial) -> float:
        values = suggest(trial, small)
        later = trial.suggest_float("later", 0, 1) if trial.number >= 2 else 0.0
        return float(np.log10(number(values["C"]))) + later

    study.optimize(growing, n_trials=5)
    assert params_of(study)[:2] == recommended(client, described, small, n=2)
    assert ["later" in params for params in params_of(study)] == [False, False, True, True, True]
    known = {name: value for name, value in study.trials[4].params.items() if name != "later"}
    assert known == suggested(client, described, small, study.trials[:4])


def test_an_objective_that_asks_for_less_than_the_space_holds_is_learned_from(
    client: Client, described: TaskDescription
) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=1, report=False))
    study.optimize(lambda trial: trial.suggest_float("C", 1e-3, 1e3, log=True), n_trials=4)
    only = SearchSpace({"C": SPACE.parameters["C"]}, defaults={"C": 1.0})
    assert study.trials[3].params == suggested(client, described, only, study.trials[:3])


def test_without_a_search_space_the_trials_tell_it(client: Client, described: TaskDescription) -> None:
    study = new_study(WarmtuneSampler(client, described, n_startup=3, seed=1))

    def conditional(trial: optuna.Trial) -> float:
        c = trial.suggest_float("C", 1e-3, 1e3, log=True)
        if trial.suggest_categorical("kernel", ["rbf", "linear"]) == "linear":
            return c
        return trial.suggest_float("gamma", 0, 1)

    study.optimize(conditional, n_trials=6)
    batch = study.user_attrs["warmtune:batch"]
    assert batch["first_number"] == 1  # nothing is known before the first trial
    assert len(batch["configurations"]) == 3
    for trial, configuration in zip(study.trials[1:4], batch["configurations"], strict=True):
        shared = trial.params.keys() & configuration.keys()
        assert shared >= {"C", "kernel"}
        assert {name: trial.params[name] for name in shared} == {name: configuration[name] for name in shared}
    common = SearchSpace(optuna.search_space.intersection_search_space(study.trials[:5]))
    known = {name: value for name, value in study.trials[5].params.items() if name in common.parameters}
    assert known == suggested(client, described, common, study.trials[:5])


def test_values_that_the_objective_does_not_take_are_tpes(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=3, report=False))

    def other(trial: optuna.Trial) -> float:
        trial.suggest_categorical("kernel", ["poly", "sigmoid"])
        trial.suggest_int("C", 2000, 3000)
        trial.suggest_float("degree", 100, 200)
        return trial.suggest_float("gamma", 1e-4, 1.0, log=True)

    study.optimize(other, n_trials=5)
    batch = study.user_attrs["warmtune:batch"]["configurations"]
    proposed = [(t.params["gamma"], c["gamma"]) for t, c in zip(study.trials, batch, strict=False) if "gamma" in c]
    assert proposed
    assert all(tried == recommended for tried, recommended in proposed)
    assert len(study.get_trials(states=[TrialState.COMPLETE])) == 5
    assert [r for r in caplog.records if r.name.startswith("warmtune")] == []
