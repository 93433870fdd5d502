"""Copies of a study that go on by themselves: nothing is lost, whoever reports first."""

import copy
import logging
import pickle
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution

from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription

SPACE = {"x": FloatDistribution(0.0, 1.0)}

Twice = Callable[[optuna.Study], tuple[optuna.Study, optuna.Study]]


def _objective(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0.0, 1.0)


def _failing_every_third(trial: optuna.Trial) -> float:
    return _objective(trial) / (trial.number % 3)


def _started(client: Client, described: TaskDescription, *, storage: str | None = None) -> optuna.Study:
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0), study_name="A", storage=storage
    )
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    study.optimize(_objective, n_trials=3)
    client.report(study)
    return study


def _reseeded(study: optuna.Study, seed: int) -> optuna.Study:
    study.sampler = optuna.samplers.RandomSampler(seed=seed)
    return study


def _kept(client: Client, study_id: str) -> list[tuple[int, object, object]]:
    return [(t.number, dict(t.configuration), t.value) for t in client.list_trials(study_id).items]


def _own(study: optuna.Study) -> list[tuple[int, object, object]]:
    return [(t.number, t.params, t.value) for t in study.trials]


def _pickled(study: optuna.Study) -> tuple[optuna.Study, optuna.Study]:
    data = pickle.dumps(study)
    return pickle.loads(data), pickle.loads(data)


def _original_and_deep_copy(study: optuna.Study) -> tuple[optuna.Study, optuna.Study]:
    return study, copy.deepcopy(study)


@pytest.mark.parametrize("twice", [_pickled, _original_and_deep_copy])
@pytest.mark.parametrize("last_reports_first", [False, True])
def test_a_study_that_goes_on_twice_keeps_all_trials_of_both(
    client: Client, described: TaskDescription, twice: Twice, last_reports_first: bool
) -> None:
    first, second = twice(_started(client, described))
    _reseeded(first, 1).optimize(_objective, n_trials=3)
    _reseeded(second, 2).optimize(_objective, n_trials=5)
    order = (second, first) if last_reports_first else (first, second)
    reports = {id(study): client.report(study) for study in order}
    assert reports[id(first)].study_id != reports[id(second)].study_id
    for study in order:
        assert _kept(client, reports[id(study)].study_id) == _own(study)
        assert client.report(study).complete == 0


def test_many_copies_each_become_a_study(client: Client, described: TaskDescription) -> None:
    data = pickle.dumps(_started(client, described))
    studies = [_reseeded(pickle.loads(data), seed) for seed in range(1, 5)]
    for study in studies:
        study.optimize(_objective, n_trials=2)
    ids = [client.report(study).study_id for study in studies]
    assert len(set(ids)) == 4
    for study, study_id in zip(studies, ids, strict=True):
        assert _kept(client, study_id) == _own(study)


@pytest.mark.parametrize("name", ["A", "B"])
def test_a_copy_by_optuna_keeps_all_trials_of_both(
    client: Client, described: TaskDescription, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = (f"sqlite:///{tmp_path / file}" for file in ("a.db", "b.db"))
    original = _started(client, described, storage=here)
    optuna.copy_study(from_study_name="A", from_storage=here, to_storage=there, to_study_name=name)
    copied = optuna.load_study(study_name=name, storage=there, sampler=optuna.samplers.RandomSampler(seed=2))
    _reseeded(original, 1).optimize(_objective, n_trials=2)
    copied.optimize(_objective, n_trials=4)
    first = client.report(original)
    with caplog.at_level(logging.WARNING, logger="warmtune"):
        second = client.report(copied)
    assert first.study_id != second.study_id
    assert _kept(client, first.study_id) == _own(original)
    assert _kept(client, second.study_id) == _own(copied)
    assert ["is a copy" in record.getMessage() for record in caplog.records] == [True]


def test_a_study_that_only_moved_to_another_storage_stays_one(
    client: Client, described: TaskDescription, tmp_path: Path
) -> None:
    here, there = (f"sqlite:///{tmp_path / file}" for file in ("a.db", "b.db"))
    original = _started(client, described, storage=here)
    before = client.report(original).study_id
    optuna.copy_study(from_study_name="A", from_storage=here, to_storage=there)
    moved = optuna.load_study(study_name="A", storage=there)
    moved.optimize(_objective, n_trials=2)
    after = client.report(moved)
    assert (after.study_id, after.accepted) == (before, 2)


def test_a_study_that_moved_without_its_failed_trials_loses_nothing(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="accuracy", seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler, study_name="A")
    study.optimize(_failing_every_third, n_trials=9, catch=(ZeroDivisionError,))
    moved = optuna.create_study(direction="maximize", sampler=copy.deepcopy(sampler), study_name="A")
    for name, value in study.user_attrs.items():
        moved.set_user_attr(name, value)
    moved.add_trials([trial for trial in study.trials if trial.state is optuna.trial.TrialState.COMPLETE])
    moved.optimize(_objective, n_trials=4)
    ids = [client.report(one).study_id for one in (study, moved)]
    assert [_kept(client, own) for own in ids] == [_own(study), _own(moved)]
    assert ["is a copy" in record.getMessage() for record in caplog.records] == [True]


def test_copies_that_did_the_same_are_kept_once(client: Client, described: TaskDescription) -> None:
    first, second = _pickled(_started(client, described))
    for study in (first, second):
        _reseeded(study, 7).optimize(_objective, n_trials=2)
    ids = [client.report(study).study_id for study in (first, second)]
    assert ids[0] == ids[1]
    assert _kept(client, ids[0]) == _own(first) == _own(second)


def test_a_copy_under_a_sampler_of_its_own_loses_nothing(service_url: str, described: TaskDescription) -> None:
    with Client(service_url) as client:
        sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="accuracy", seed=0)
        study = optuna.create_study(direction="maximize", sampler=sampler, study_name="A")
        study.optimize(_objective, n_trials=3)
        copies = [copy.deepcopy(study), pickle.loads(pickle.dumps(study))]
        for shift, copied in enumerate(copies, start=1):
            copied.optimize(lambda trial, by=shift: _objective(trial) + by, n_trials=3)
        study.optimize(_objective, n_trials=2)
        ids = [client.report(one).study_id for one in (study, *copies)]
        assert len(set(ids)) == 3
        for one, study_id in zip((study, *copies), ids, strict=True):
            assert _kept(client, study_id) == _own(one)
