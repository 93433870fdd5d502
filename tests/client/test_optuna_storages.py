"""Storages with limits and failures of their own: what doesn't fit is split, and a study goes on."""

import json
import logging
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.exceptions import StorageInternalError

from warmtune.client import Client
from warmtune.optuna.memory import StudyMemory, recall, remember, remember_reported, reported_trials
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.whole_study import MAX_ATTRIBUTE_BYTES, set_user_attribute, user_attribute
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import StudyStorageError

SPACE = {f"parameter_{place}": FloatDistribution(0.0, 1.0) for place in range(12)}


class Narrow(optuna.storages.InMemoryStorage):
    """Takes what MySQL takes."""

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        if len(json.dumps(value).encode()) > 65_535:
            raise StorageInternalError("Data too long for column 'value_json'")
        super().set_study_user_attr(study_id, key, value)


class Broken(optuna.storages.InMemoryStorage):
    """Takes no attribute of a study at all."""

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        raise RuntimeError("the disk is full")


def _objective(trial: optuna.Trial) -> float:
    return sum(trial.suggest_float(name, 0.0, 1.0) for name in SPACE)


def _study(storage: optuna.storages.BaseStorage, sampler: optuna.samplers.BaseSampler | None = None) -> optuna.Study:
    return optuna.create_study(direction="maximize", storage=storage, sampler=sampler)


@pytest.mark.parametrize("make", [lambda n: "x" * n, lambda n: 'é"\\\n' * n, lambda n: [{"a": i} for i in range(n)]])
@pytest.mark.parametrize("n", [1, 20_000, 100_000])
def test_what_is_written_is_read(make: Callable[[int], object], n: int) -> None:
    study = _study(Narrow())
    set_user_attribute(study, "k", make(n))
    assert user_attribute(study, "k") == make(n)
    set_user_attribute(study, "k", "short")
    assert user_attribute(study, "k") == "short"


def test_parts_of_two_values_are_none() -> None:
    study = _study(Narrow())
    set_user_attribute(study, "k", "x" * 100_000)
    study.set_user_attr("k:1", {"of": "another", "text": "y"})
    assert user_attribute(study, "k") is None


def test_short_values_are_kept_as_they_are() -> None:
    study = _study(Narrow())
    set_user_attribute(study, "k", ["x" * (MAX_ATTRIBUTE_BYTES - 10)])
    assert set(study.user_attrs) == {"k"}


@pytest.mark.parametrize("n_startup", [3, 150, 1000])
def test_a_batch_of_any_size_is_kept(client: Client, described: TaskDescription, n_startup: int) -> None:
    sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="m", n_startup=n_startup)
    study = _study(Narrow(), sampler)
    study.optimize(_objective, n_trials=2)
    batch = user_attribute(study, "warmtune:batch")
    assert isinstance(batch, dict)
    assert [trial.params for trial in study.trials] == batch["configurations"][:2]
    assert len(batch["configurations"]) == n_startup


def test_a_search_space_of_any_size_is_remembered(client: Client, described: TaskDescription) -> None:
    big = {f"p{i}": CategoricalDistribution([f"choice number {j}" for j in range(200)]) for i in range(40)}
    study = _study(Narrow())
    client.warm_start(study, described, search_space=big, metric="m", n=1)
    memory = recall(study)
    assert memory is not None
    assert set(memory.subject.search_space.parameters) == set(big)
    assert isinstance(memory, StudyMemory)
    remember(study, memory)
    remember_reported(study, memory.study_id, range(0, 24_000, 2))
    assert reported_trials(study, memory.study_id).numbers == set(range(0, 24_000, 2))


def test_a_storage_that_fails_is_an_error_of_the_family(client: Client, described: TaskDescription) -> None:
    with pytest.raises(StudyStorageError, match="the disk is full") as caught:
        client.warm_start(_study(Broken()), described, search_space=SPACE, metric="m", n=1)
    assert caught.value.field == "study"


def test_a_study_goes_on_where_nothing_can_be_remembered(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = _study(Broken(), WarmtuneSampler(client, described, search_space=SPACE, metric="m", n_startup=3))
    study.optimize(_objective, n_trials=5)
    assert len(study.trials) == 5
    recommended = client.recommend(described, SPACE, metric="m", direction="maximize", n=3).configurations
    assert study.trials[0].params == dict(recommended[0].configuration)
    messages = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(messages) == 2
    assert all("the disk is full" in message for message in messages)


class OddError(Exception):
    """What nobody foresaw."""


def _raise(*_: object, **__: object) -> object:
    raise OddError("out of order")


@pytest.mark.parametrize("where", ["configuration", "mismatch", "subject"])
def test_the_guard_at_the_samplers_edge_is_for_everything(
    client: Client,
    described: TaskDescription,
    where: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="m", seed=0)
    monkeypatch.setattr(type(sampler._advisor), where, _raise)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(_objective, n_trials=4)
    assert len(study.trials) == 4
    records = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(records) == 1
    assert "OddError: out of order" in records[0].getMessage()
    assert records[0].exc_info is not None


def test_the_guard_at_the_reporters_edge_is_for_everything(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = optuna.create_study(direction="maximize")
    client.warm_start(study, described, search_space=SPACE, metric="m", n=1)
    monkeypatch.setattr("warmtune.optuna.reporter.report", _raise)
    study.optimize(_objective, n_trials=3, callbacks=[client.reporter()])
    assert len(study.trials) == 3
    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info is not None


def test_a_closed_client_costs_one_warning(
    service_url: str, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(service_url) as client:
        sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="m", seed=0)
        started = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
        client.warm_start(started, described, search_space=SPACE, metric="m", n=1)
        reporter = client.reporter()
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(_objective, n_trials=3)
    assert [r.getMessage().count("closed") for r in caplog.records] == [1]
    caplog.clear()
    started.optimize(_objective, n_trials=3, callbacks=[reporter])
    assert [r.getMessage().count("closed") for r in caplog.records] == [1]
    assert len(study.trials) == len(started.trials) == 3


@pytest.mark.parametrize("ranges", [[[0, 10**15]], [[5, 1]], [[-3, 1]], "x", [[0.5, 1]]])
def test_what_somebody_else_wrote_as_reported_loses_no_trial(
    client: Client, described: TaskDescription, ranges: object
) -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    client.warm_start(study, described, search_space={"x": FloatDistribution(0, 1)}, metric="gain", n=1)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    study_id = client.report(study).study_id
    study.set_user_attr("warmtune:reported", {"study_id": study_id, "ranges": ranges})
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    client.report(study)
    assert client.get_study(study_id).n_trials == 3
