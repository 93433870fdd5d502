"""Ending a study when the next trial isn't worth its time."""

import logging
import time
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution

from tests.serving import LiveService
from warmtune.client import AsyncClient, Client
from warmtune.optuna.finished_trials import finished_trial
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.stop_callback import StopWhenNotWorth
from warmtune.optuna.suggest import suggest
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import SearchSpace

SPACE = {"x": FloatDistribution(0.0, 1.0)}
NOBODY = "http://127.0.0.1:9"


def _hill(trial: optuna.Trial) -> float:
    return 1.0 - (trial.suggest_float("x", 0.0, 1.0) - 0.4) ** 2


def _sampler(service: Client | str, task: TaskDescription, metric: str) -> WarmtuneSampler:
    return WarmtuneSampler(service, task, search_space=SPACE, metric=metric, n_startup=2, seed=0, report=False)


def test_a_study_ends_once_little_is_left_to_gain(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(direction="maximize", sampler=_sampler(client, described, "hill"))
    study.optimize(_hill, n_trials=60, callbacks=[StopWhenNotWorth(1e-3)])
    assert 5 < len(study.trials) < 60
    assert study.best_value > 0.99


def test_the_more_a_trial_must_add_the_sooner_it_ends(client: Client, described: TaskDescription) -> None:
    lengths = []
    for min_gain in (10.0, 1e-9):
        study = optuna.create_study(direction="maximize", sampler=_sampler(client, described, "hill"))
        study.optimize(_hill, n_trials=20, callbacks=[StopWhenNotWorth(min_gain, patience=2)])
        lengths.append(len(study.trials))
    assert lengths == [6, 20]  # the first five have no model of their own; then two in a row are below


def test_the_next_trial_takes_the_suggestion_of_the_gain(client: Client, described: TaskDescription) -> None:
    sampler = _sampler(client, described, "gain")
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(_hill, n_trials=7)
    asked = client.suggestions_for(
        described, SPACE, trials=_sent(study), metric="gain", direction="maximize"
    ).configurations[0]
    assert sampler.expected_gain(study) == asked.expected_gain
    study.optimize(_hill, n_trials=1)
    assert study.trials[-1].params == dict(asked.configuration)


def _sent(study: optuna.Study) -> list[Any]:
    return [finished_trial(trial, SearchSpace(SPACE)) for trial in study.trials]


def test_with_another_sampler_the_client_tells(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    client.warm_start(study, described, search_space=SPACE, metric="random_hill", n=2)
    study.optimize(_hill, n_trials=40, callbacks=[StopWhenNotWorth(1e-3, client=client)])
    assert 5 < len(study.trials) < 40


@pytest.mark.slow
def test_without_a_service_a_study_goes_on(described: TaskDescription, caplog: pytest.LogCaptureFixture) -> None:
    study = optuna.create_study(direction="maximize", sampler=_sampler(NOBODY, described, "m"))
    study.optimize(_hill, n_trials=8, callbacks=[StopWhenNotWorth(10.0, patience=1)])
    assert len(study.trials) == 8


def test_a_service_that_goes_away_is_reported_once(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    client.warm_start(study, described, search_space=SPACE, metric="gone", n=1)
    with Client(NOBODY, retry=Retry(attempts=1)) as nobody:
        study.optimize(_hill, n_trials=3, callbacks=[StopWhenNotWorth(10.0, patience=1, client=nobody)])
    assert len(study.trials) == 3
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert ["gain is not known" in message for message in warnings] == [True]


def test_a_service_that_goes_away_after_answers_is_reported_too(
    live_service: LiveService, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    with Client(live_service.url) as leaving:
        leaving.warm_start(study, described, search_space=SPACE, metric="left", n=1)
        callback = StopWhenNotWorth(1e-12, client=leaving)
        study.optimize(_hill, n_trials=2, callbacks=[callback])
        assert not caplog.records
    study.optimize(_hill, n_trials=2, callbacks=[callback])
    assert ["gain is not known" in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"min_gain": 0.0}, "min_gain"),
        ({"min_gain": float("nan")}, "min_gain"),
        ({"min_gain": "much"}, "min_gain"),
        ({"min_gain": 1.0, "patience": 0}, "patience"),
        ({"min_gain": 1.0, "patience": True}, "patience"),
        ({"min_gain": 1.0, "client": NOBODY}, "client"),
        ({"min_gain": 1.0, "client": AsyncClient(NOBODY)}, "client"),
    ],
)
def test_mistakes_are_named(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        StopWhenNotWorth(**arguments)
    assert refused.value.field == field


def test_a_study_that_nobody_knows_is_refused(client: Client) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    with pytest.raises(InvalidInputError, match="not a WarmtuneSampler"):
        study.optimize(_hill, n_trials=1, callbacks=[StopWhenNotWorth(1.0)])
    with pytest.raises(InvalidInputError, match="not warm-started"):
        study.optimize(_hill, n_trials=1, callbacks=[StopWhenNotWorth(1.0, client=client)])


def test_a_sampler_with_a_time_budget_asks_for_gain_per_second(client: Client, described: TaskDescription) -> None:
    forest = client.get_search_space("random_forest", kind=described.kind).search_space
    sampler = WarmtuneSampler(
        client, described, search_space="random_forest", n_startup=0, seed=0, report=False, time_budget_s=1e6
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)

    def takes_its_time(trial: optuna.Trial) -> float:
        suggest(trial, forest)
        time.sleep(0.2)  # as fits do: where trials take no time, none is saved
        return 0.5

    study.optimize(takes_its_time, n_trials=2)
    trials = [finished_trial(trial, forest) for trial in study.trials[:1]]
    free, hurried = (
        client.suggestions_for(described, forest, trials=trials, metric="accuracy", time_budget_s=budget_s)
        for budget_s in (None, 1e5)
    )
    assert study.trials[1].params == dict(hurried.configurations[0].configuration)
    predicted = [answer.configurations[0].expected_duration_s for answer in (free, hurried)]
    assert predicted[0] is not None
    assert predicted[1] is not None
    assert predicted[1] <= predicted[0]


@pytest.mark.parametrize("budget", [0, -1.0, float("inf"), "60", True])
def test_a_budget_that_is_none_is_refused(described: TaskDescription, budget: Any) -> None:
    with pytest.raises(InvalidInputError) as refused:
        WarmtuneSampler(NOBODY, described, search_space=SPACE, metric="m", time_budget_s=budget)
    assert refused.value.field == "time_budget_s"
