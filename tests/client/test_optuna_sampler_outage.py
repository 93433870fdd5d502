"""A study never dies of Warmtune."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from tests.serving import start_service
from warmtune.client import Client
from warmtune.optuna.link import FIRST_PAUSE_S
from warmtune.optuna.memory import recall
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TaskDescription

SPACE = {"x": FloatDistribution(-5.0, 5.0), "n": IntDistribution(1, 9)}
NOBODY = "http://127.0.0.1:9"


def _objective(trial: optuna.Trial) -> float:
    loss = (trial.suggest_float("x", -5.0, 5.0) - 2.0) ** 2 + trial.suggest_int("n", 1, 9)
    return 1.0 / (1.0 + loss)  # an accuracy


def _study(sampler: optuna.samplers.BaseSampler) -> optuna.Study:
    return optuna.create_study(direction="maximize", sampler=sampler)


def _params(study: optuna.Study) -> list[dict[str, object]]:
    return [trial.params for trial in study.trials]


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name.startswith("warmtune") and r.levelno >= logging.WARNING]


@pytest.mark.parametrize("search_space", [SPACE, None])
@pytest.mark.slow
def test_without_a_service_it_is_tpe_of_the_same_seed(
    search_space: Mapping[str, BaseDistribution] | None, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(NOBODY, retry=Retry(attempts=1)) as client:
        warm = _study(WarmtuneSampler(client, described, search_space=search_space, seed=3))
        warm.optimize(_objective, n_trials=15)
    cold = _study(optuna.samplers.TPESampler(seed=3))
    cold.optimize(_objective, n_trials=15)
    assert _params(warm) == _params(cold)
    assert ["TPE" in message for message in _warnings(caplog)] == [True]


@pytest.mark.slow
def test_a_service_killed_in_mid_study_costs_one_warning(
    tmp_path: Path, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    service = start_service(tmp_path / "mortal")
    with Client(service.url, retry=Retry(attempts=1)) as client:
        study = _study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=3, seed=0))
        study.optimize(_objective, n_trials=5)
        assert _warnings(caplog) == []
        service.kill()
        study.optimize(_objective, n_trials=8)
    assert len(study.trials) == 13
    assert len(_warnings(caplog)) == 1


class Weather(httpx.HTTPTransport):
    """The real service, behind something that fails on demand."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: Callable[[httpx.Request], httpx.Response] | None = None
        self.n_requests = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.n_requests += 1
        return super().handle_request(request) if self.answer is None else self.answer(request)


@pytest.fixture
def weather() -> Weather:
    """What lies between the client and the service."""
    return Weather()


@pytest.fixture
def exposed(service_url: str, weather: Weather) -> Iterator[Client]:
    """A client in that weather."""
    with Client(service_url, retry=Retry(attempts=1), transport=weather) as client:
        yield client


def _broken(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("cut off", request=request)


def _nonsense(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="<html>It works!</html>")


def _failing(request: httpx.Request) -> httpx.Response:
    return httpx.Response(500, text="oh")


def _outside(request: httpx.Request) -> httpx.Response:
    """An answer of the right form with values that the search space doesn't take."""
    ranked = {"rank": 1, "params": {"x": 99.0, "n": 1}}
    body = {"configurations": [ranked], "strategy": "portfolio", "confidence": 0.5, "model_version": "1"}
    return httpx.Response(200, text=json.dumps(body))


def test_a_service_that_comes_back_is_used_again_after_a_pause(
    exposed: Client,
    weather: Weather,
    described: TaskDescription,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    sampler = WarmtuneSampler(exposed, described, search_space=SPACE, n_startup=2, seed=0)
    monkeypatch.setattr(sampler._link, "_clock", lambda: now)
    study = _study(sampler)
    study.optimize(_objective, n_trials=3)
    weather.answer, weather.n_requests = _broken, 0
    study.optimize(_objective, n_trials=4)
    assert weather.n_requests == 1
    now += FIRST_PAUSE_S
    study.optimize(_objective, n_trials=1)
    assert weather.n_requests == 2
    weather.answer = None
    now += FIRST_PAUSE_S
    study.optimize(_objective, n_trials=1)
    assert weather.n_requests == 2  # the second pause is twice as long
    assert len(_warnings(caplog)) == 1
    now += FIRST_PAUSE_S
    study.optimize(_objective, n_trials=1)
    memory = recall(study)
    assert memory is not None
    assert exposed.get_study(memory.study_id).n_trials == len(study.trials) == 10


@pytest.mark.parametrize("answer", [_nonsense, _failing, _outside, _broken])
def test_nonsense_is_no_sample(
    answer: Callable[[httpx.Request], httpx.Response],
    exposed: Client,
    weather: Weather,
    described: TaskDescription,
    caplog: pytest.LogCaptureFixture,
) -> None:
    study = _study(WarmtuneSampler(exposed, described, search_space=SPACE, n_startup=1, report=False, seed=0))
    study.optimize(_objective, n_trials=1)
    weather.answer = answer
    study.optimize(_objective, n_trials=4)
    assert len(study.trials) == 5
    assert len(_warnings(caplog)) == 1
    assert all(-5.0 <= trial.params["x"] <= 5.0 for trial in study.trials)


def test_a_batch_that_was_fetched_is_tried_although_the_service_is_gone(
    exposed: Client, weather: Weather, described: TaskDescription
) -> None:
    study = _study(WarmtuneSampler(exposed, described, search_space=SPACE, n_startup=4, report=False, seed=0))
    study.optimize(_objective, n_trials=1)
    weather.answer = _broken
    study.optimize(_objective, n_trials=3)
    assert _params(study) == study.user_attrs["warmtune:batch"]["configurations"]


def test_an_unknown_search_space_is_said_and_the_study_goes_on(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = _study(WarmtuneSampler(client, described, search_space="no_such_space", seed=0))
    study.optimize(_objective, n_trials=3)
    assert len(study.trials) == 3
    assert ["no_such_space" in message for message in _warnings(caplog)] == [True]
