"""Trials that the service had and has no more, or refuses; and trials that nothing can be learned from."""

import logging
from pathlib import Path

import httpx
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import create_trial

from tests.serving import start_service
from warmtune.client import Client
from warmtune.optuna.memory import recall
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidSearchSpaceError
from warmtune.vocabulary.trial import MAX_CONSTRAINTS

SPACE = {"x": FloatDistribution(0.0, 1.0)}


def _objective(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0.0, 1.0)


def _warm(client: Client, described: TaskDescription) -> optuna.Study:
    study = optuna.create_study(direction="maximize")
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    return study


def _held(client: Client, study: optuna.Study) -> list[int]:
    memory = recall(study)
    assert memory is not None
    return sorted(trial.number for trial in client.list_trials(memory.study_id).items)


@pytest.mark.slow
def test_what_a_restored_backup_lacks_is_sent_again(
    tmp_path: Path, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    service = start_service(tmp_path / "first")
    with Client(service.url) as client:
        study = _warm(client, described)
        study.optimize(_objective, n_trials=3)
        client.report(study)
        service.stop()
        backup = service.database.read_bytes()
        again = start_service(tmp_path / "first")
    with Client(again.url) as client:
        study.optimize(_objective, n_trials=4)
        client.report(study)
        assert _held(client, study) == list(range(7))
        again.stop()
        again.database.write_bytes(backup)
        restored = start_service(tmp_path / "first")
    try:
        with Client(restored.url) as client:
            assert _held(client, study) == list(range(3))
            study.optimize(_objective, n_trials=1)
            sent = client.report(study)
            assert sent.complete == 8
            assert _held(client, study) == list(range(8))
            assert any("are sent again" in record.message for record in caplog.records)
            assert client.report(study).complete == 0
    finally:
        restored.stop()


def test_trials_that_can_not_be_sent_are_not_taken_for_lost_ones(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = _warm(client, described)
    for name in ("x", "other", "another"):
        study.add_trial(create_trial(params={name: 0.1}, distributions={name: FloatDistribution(0.0, 1.0)}, value=0.5))
    assert [skipped.number for skipped in client.report(study).skipped] == [2, 3]
    study.optimize(_objective, n_trials=2)
    assert client.report(study).complete == 2
    assert not [record for record in caplog.records if "sent again" in record.message]


def test_a_trial_that_the_service_refuses_does_not_keep_the_others_back(
    service_url: str, client: Client, described: TaskDescription
) -> None:
    """A service whose rules are stricter than this client's stands before a real one."""
    study = _warm(client, described)
    study.optimize(_objective, n_trials=3)
    strict = _Strict(refused_number=1)
    with Client(service_url, transport=strict) as through:
        sent = through.report(study)
    assert [(skipped.number, skipped.error.field) for skipped in sent.skipped] == [(1, "trials.1.value")]
    assert sent.complete == 2
    assert _held(client, study) == [0, 2]
    assert strict.n_refused == 1


class _Strict(httpx.BaseTransport):
    """Refuses batches with a certain trial, and passes everything else on."""

    def __init__(self, refused_number: int) -> None:
        self._inner = httpx.HTTPTransport()
        self._number = f'"number":{refused_number},'.encode()
        self.n_refused = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read().replace(b": ", b":")
        if request.url.path.endswith("/trials") and self._number in body:
            self.n_refused += 1
            problem = {"type": "t", "title": "t", "status": 422, "code": "invalid_input", "detail": "no"}
            return httpx.Response(422, json=problem | {"field": "trials.1.value"})
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def test_values_that_nothing_is_learned_from_are_warned_of_once(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="accuracy", seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    with caplog.at_level(logging.WARNING):
        study.optimize(lambda trial: 90.0 + _objective(trial), n_trials=4)
    warned = [record.message for record in caplog.records if "nothing is learned from" in record.message]
    assert len(warned) == 1
    assert "trial 0, nor from others like it" in warned[0]


def test_of_very_many_constraints_the_largest_are_kept(client: Client, described: TaskDescription) -> None:
    values = [-1.0] * (2 * MAX_CONSTRAINTS) + [0.25]
    sampler = WarmtuneSampler(
        client, described, search_space=SPACE, metric="accuracy", seed=0, constraints_func=lambda trial: values
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(_objective, n_trials=3)
    memory = recall(study)
    assert memory is not None
    stored = list(client.list_trials(memory.study_id).items)
    assert [len(trial.constraints) for trial in stored] == [MAX_CONSTRAINTS] * 3
    assert {trial.violation for trial in stored} == {0.25}


def test_bounds_that_are_too_near_to_differ_are_refused(client: Client, described: TaskDescription) -> None:
    with pytest.raises(InvalidSearchSpaceError, match="too large to compute with"):
        client.recommend(described, {"x": FloatDistribution(0.0, 5e-324)}, n=1)
