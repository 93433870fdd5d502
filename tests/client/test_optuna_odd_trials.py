"""Trials that others have added to a study: what is odd about one costs neither the study nor its other trials."""

import logging
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, create_trial

from warmtune.client import Client
from warmtune.optuna.constraints import constraint_values
from warmtune.optuna.memory import recall
from warmtune.optuna.moments import seconds_between
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.usable import is_usable
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError

SPACE: dict[str, BaseDistribution] = {"x": FloatDistribution(0.0, 1.0), "n": IntDistribution(1, 9)}
INVISIBLE = "a\u202eb"


def _objective(trial: optuna.Trial) -> float:
    return (trial.suggest_float("x", 0.0, 1.0) + 0.1 * trial.suggest_int("n", 1, 9)) / 2.0


def _added(x: float = 0.5, **given: object) -> FrozenTrial:
    return create_trial(params={"x": x, "n": 2}, distributions=SPACE, value=x, **given)  # type: ignore[arg-type]


def _study(sampler: optuna.samplers.BaseSampler | None = None) -> optuna.Study:
    return optuna.create_study(direction="maximize", sampler=sampler or optuna.samplers.RandomSampler(seed=0))


def _sampler(client: Client, task: TaskDescription, **given: object) -> WarmtuneSampler:
    return WarmtuneSampler(client, task, **{"search_space": SPACE, "metric": "accuracy", "seed": 0} | given)  # type: ignore[arg-type]


def _held(client: Client, study: optuna.Study) -> list[int]:
    memory = recall(study)
    assert memory is not None
    return sorted(trial.number for trial in client.list_trials(memory.study_id).items)


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(100):
        if is_so():
            return
        threading.Event().wait(0.2)
    raise AssertionError("it never was")


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name.startswith("warmtune") and r.levelno >= logging.WARNING]


def _with_zones() -> list[FrozenTrial]:
    """One that names a zone at its beginning only, one at both ends."""
    trials = [_added(0.2), _added(0.4)]
    for trial in trials:
        trial.datetime_start = datetime.now(UTC) - timedelta(seconds=30)
    trials[1].datetime_complete = datetime.now(UTC)
    return trials


def test_moments_with_and_without_a_zone_are_compared() -> None:
    now = datetime(2026, 5, 1, 12, 0, 0)
    assert seconds_between(now.astimezone(UTC), now + timedelta(seconds=5)) == 5.0
    assert seconds_between(now, (now - timedelta(seconds=5)).astimezone(UTC)) == -5.0
    assert seconds_between(datetime.min, datetime.now(UTC)) is None


def test_trials_that_name_a_zone_are_reported(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = _study(_sampler(client, described, time_budget_s=600.0))
    study.add_trials(_with_zones())
    study.optimize(_objective, n_trials=4)
    assert _held(client, study) == list(range(6))
    assert not _warnings(caplog)


def test_finished_studies_with_zones_are_filed(client: Client, described: TaskDescription) -> None:
    study = _study()
    study.add_trials([*_with_zones(), _added(0.6)])
    filed = client.report(study, described, metric="accuracy")
    durations = [trial.duration_s for trial in client.list_trials(filed.study_id).items]
    assert filed.complete == 3
    assert all(seconds is not None and 29.0 < seconds < 3600.0 for seconds in durations[:2])


@pytest.mark.parametrize("odd", [["a"], [None], "abc", {"c": [1]}])
def test_constraints_that_are_no_numbers_are_named(client: Client, described: TaskDescription, odd: object) -> None:
    study = _study()
    study.add_trials([_added(0.2), _added(0.3, system_attrs={"constraints": odd}), _added(0.4)])
    if isinstance(odd, dict):  # Optuna 4 keeps a list of them, so that a mapping's names are taken for values
        pytest.importorskip("optuna", minversion="5.0.0")
    filed = client.report(study, described, metric="accuracy")
    assert filed.complete == 2
    assert [(one.number, one.error.message) for one in filed.skipped] == [(1, "a constraint's value must be a number")]


def test_a_constraint_beyond_all_floats_is_violated(client: Client, described: TaskDescription) -> None:
    study = _study()
    study.add_trials([_added(0.2, system_attrs={"constraints": [10**400]})])
    filed = client.report(study, described, metric="accuracy")
    assert not client.list_trials(filed.study_id).items[0].is_feasible


def test_a_trial_with_odd_constraints_does_not_keep_a_study_cold(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = _study(_sampler(client, described, seed=None, fallback=optuna.samplers.RandomSampler(seed=0)))
    study.add_trial(_added(0.3, system_attrs={"constraints": ["a"]}))
    study.optimize(_objective, n_trials=5)
    assert _held(client, study) == list(range(1, 6))
    assert [message.partition(",")[0] for message in _warnings(caplog)] == ["trial 0 is not reported"]


@pytest.mark.parametrize(
    ("name", "distribution"),
    [
        (INVISIBLE, FloatDistribution(0.0, 1.0)),
        ("a\x00b", FloatDistribution(0.0, 1.0)),
        ("p" * 201, FloatDistribution(0.0, 1.0)),
        ("x", FloatDistribution(-1e200, 1e200)),
        ("x", IntDistribution(0, 2**60)),
        ("x", FloatDistribution(0.0, 1e6, step=1e-6)),
        ("x", CategoricalDistribution([str(i) for i in range(1_001)])),
    ],
)
def test_what_no_service_takes_is_known_before_it_is_asked(name: str, distribution: BaseDistribution) -> None:
    assert not is_usable(name, distribution)


def test_an_invisible_sign_in_a_name_costs_only_that_parameter_its_warmth(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    def objective(trial: optuna.Trial) -> float:
        return _objective(trial) * (1.0 - 1e-6 * trial.suggest_float(INVISIBLE, 0.0, 1.0))

    sampler = _sampler(client, described, search_space=None)
    study = _study(sampler)
    study.optimize(objective, n_trials=2)
    trial = study.ask()
    objective(trial)
    assert sampler.is_recommended(study, trial) is not None
    assert not any("sampling goes on as" in message for message in _warnings(caplog))


def test_choices_that_no_service_takes_are_called_that(client: Client, described: TaskDescription) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna's own
        choices: list[Any] = [(50,), (50, 50)]
        layers = CategoricalDistribution(choices)
    study = _study()
    x = {"x": SPACE["x"]}
    study.add_trial(create_trial(params={"x": 0.5, "layers": (50,)}, distributions={**x, "layers": layers}, value=0.5))
    study.add_trial(create_trial(params={"x": 0.1}, distributions=x, value=0.6))
    filed = client.report(study, described, metric="accuracy")
    assert filed.complete == 1
    assert [(one.number, one.error.message) for one in filed.skipped] == [
        (0, "a choice of 'layers' is not a plain value: no service takes this parameter")
    ]
    assert filed.skipped[0].error.field == "search_space.parameters.layers"


@pytest.mark.parametrize("name", [INVISIBLE, "a\nb", "s" * 500, " "])
def test_a_study_whose_name_no_service_takes_is_reported(client: Client, described: TaskDescription, name: str) -> None:
    sampler = _sampler(client, described)
    study = optuna.create_study(direction="maximize", sampler=sampler, study_name=name)
    study.optimize(_objective, n_trials=2)
    assert _held(client, study) == [0, 1]


def test_a_given_space_with_an_invisible_sign_is_refused_at_once() -> None:
    with pytest.raises(InvalidInputError, match=r"U\+202E"):
        WarmtuneSampler("http://127.0.0.1:9", "task_0a1b", search_space={INVISIBLE: FloatDistribution(0.0, 1.0)})


def test_no_gain_is_predicted_of_a_trial_that_is_enqueued(client: Client, described: TaskDescription) -> None:
    sampler = _sampler(client, described, n_startup=1)
    study = _study(sampler)
    study.optimize(_objective, n_trials=6)
    assert sampler.expected_gain(study) is not None
    study.enqueue_trial({"x": 0.5, "n": 3})
    assert sampler.expected_gain(study) is None


class _InterruptedReport(httpx.BaseTransport):
    """The service, while whose first answer to a report the user presses Ctrl-C."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.n_reports = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/trials") and request.method == "POST":
            self.n_reports += 1
            if self.n_reports == 1:
                os.kill(os.getpid(), signal.SIGINT)
                threading.Event().wait(10.0)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own answer to an interrupt: what a shell has begun in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_during_a_report_ends_the_study_as_one(service_url: str, described: TaskDescription) -> None:
    def objective(trial: optuna.Trial) -> float:
        if trial.number > 0:
            threading.Event().wait(0.5)
        return _objective(trial)

    transport = _InterruptedReport()
    with Client(service_url, transport=transport) as client:
        study = _study(_sampler(client, described))
        with pytest.raises(KeyboardInterrupt):  # Optuna alone ends with an UnboundLocalError
            study.optimize(objective, n_trials=20)
        assert len(study.trials) < 5
        ended = [trial.number for trial in study.trials if trial.state.is_finished()]
        _until(lambda: _held(client, study) == ended)  # nobody reports again: what was put off is sent by itself


class _RefusesWider(httpx.BaseTransport):
    """Takes one study and refuses the next."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.n_studies = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/studies") and request.method == "POST":
            self.n_studies += 1
            if self.n_studies > 1:
                problem = {"type": "t", "title": "t", "status": 422, "code": "invalid_input", "detail": "no such space"}
                return httpx.Response(422, json=problem | {"field": "search_space"})
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def test_where_a_wider_space_is_refused_the_trials_that_fit_are_reported(
    service_url: str, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0.0, 1.0)
        return x if trial.number > 2 else x + trial.suggest_int("n", 1, 9)

    transport = _RefusesWider()
    with Client(service_url, transport=transport) as client, caplog.at_level(logging.WARNING):
        study = _study(_sampler(client, described, metric="wider"))
        study.optimize(objective, n_trials=9)
        _until(lambda: _held(client, study) == [0, 1, 2])
        assert transport.n_studies > 1
    assert any("a wider one is refused" in warning for warning in _warnings(caplog))


@pytest.mark.parametrize("value", [np.bool_(True), np.array(0.5), np.float32(0.5)])
def test_what_is_a_number_to_python_is_a_constraint(client: Client, described: TaskDescription, value: object) -> None:
    study = _study(_sampler(client, described, constraints_func=lambda trial: (value,)))
    study.optimize(_objective, n_trials=2)
    assert _held(client, study) == [0, 1]
    assert constraint_values(study.trials[0]) == (float(value),)  # type: ignore[arg-type]


class _Raising:
    def __float__(self) -> float:
        raise RuntimeError("no")


@pytest.mark.parametrize("value", ["0.5", b"1", None, [1.0], np.arange(2.0), _Raising(), 1j])
def test_what_is_none_is_refused_as_a_constraint(value: object) -> None:
    trial = create_trial(params={"x": 0.5}, distributions={"x": FloatDistribution(0.0, 1.0)}, value=0.5)
    trial._system_attrs = {"constraints": (value,)}
    with pytest.raises(InvalidInputError, match="must be a number"):
        constraint_values(trial)
