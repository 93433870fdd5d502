import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from warmtune.client import Client
from warmtune.optuna.memory import recall, remember, reported_numbers
from warmtune.optuna.reporter import PAUSE_AFTER_FAILURE_S, Reporter
from warmtune.optuna.suggest import suggest
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidConfigurationError, InvalidInputError, NotFoundError, UnavailableError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import TrialState

SPACE = SearchSpace({"x": FloatDistribution(0.0, 1.0), "kind": CategoricalDistribution(["a", "b"])})


def _started(client: Client, described: TaskDescription, **arguments: Any) -> optuna.Study:
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=optuna.pruners.NopPruner(),
        **arguments,
    )
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=2)
    return study


def _objective(trial: optuna.Trial) -> float:
    return float(suggest(trial, SPACE)["x"])  # type: ignore[arg-type]


def _mixed(trial: optuna.Trial) -> float:
    """Complete, pruned, NaN, infinite and raising, in turn."""
    x = _objective(trial)
    if trial.number % 5 == 1:
        trial.report(x / 2, 0)
        trial.report(x, 1)
        raise optuna.TrialPruned
    if trial.number % 5 == 2:
        return float("nan")
    if trial.number % 5 == 3:
        return float("inf")
    if trial.number % 5 == 4:
        raise RuntimeError("out of memory")
    return x


def test_what_finished_is_kept_with_state_value_duration_and_steps(client: Client, described: TaskDescription) -> None:
    study = _started(client, described)
    study.optimize(_mixed, n_trials=10, catch=(RuntimeError,))
    sent = client.report(study)
    assert (sent.complete, sent.pruned, sent.failed, sent.accepted, sent.skipped) == (2, 2, 6, 10, ())
    kept = client.list_trials(sent.study_id).items
    assert [t.number for t in kept] == list(range(10))
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.FAIL, TrialState.FAIL] * 2
    assert [t.state for t in kept] == states
    for mine, theirs in zip(study.trials, kept, strict=True):
        assert theirs.configuration == mine.params
        assert mine.duration is not None
        assert theirs.duration_s == pytest.approx(mine.duration.total_seconds())
        assert theirs.intermediate_values == mine.intermediate_values
    assert kept[0].value == study.trials[0].value
    values = [t.value for t in kept if t.state is TrialState.COMPLETE and t.value is not None]
    assert client.get_study(sent.study_id).best_value == max(values)


def test_reporting_again_sends_only_what_is_new(client: Client, described: TaskDescription) -> None:
    study = _started(client, described)
    study.optimize(_objective, n_trials=3)
    assert client.report(study).complete == 3
    assert client.report(study).complete == 0
    study.optimize(_objective, n_trials=2)
    assert client.report(study).accepted == 2


def test_trials_that_still_run_wait_for_their_end(client: Client, described: TaskDescription) -> None:
    study = _started(client, described)
    running = study.ask()
    suggest(running, SPACE)
    study.optimize(_objective, n_trials=2)
    assert client.report(study).complete == 2
    study.tell(running, 0.5)
    last = client.report(study)
    assert (last.complete, last.accepted) == (1, 1)


def test_a_study_that_forgot_what_it_reported_does_no_harm(client: Client, described: TaskDescription) -> None:
    study = _started(client, described)
    study.optimize(_objective, n_trials=3)
    first = client.report(study)
    study.set_user_attr("warmtune:reported", "not what Warmtune wrote")
    again = client.report(study)
    assert (again.complete, again.accepted) == (3, 0)
    assert client.get_study(first.study_id).n_trials == 3


def test_many_processes_may_report_at_once(service_url: str, described: TaskDescription, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    with Client(service_url) as client:
        study = _started(client, described, storage=storage, study_name="s")
    study.optimize(_objective, n_trials=12)

    def report_all(_: int) -> int:
        with Client(service_url) as client:
            reports = [client.report(optuna.load_study(study_name="s", storage=storage)) for _ in range(3)]
        return sum(report.accepted for report in reports)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(report_all, range(4))) == 12
    memory = recall(study)
    assert memory is not None
    with Client(service_url) as client:
        assert client.get_study(memory.study_id).n_trials == 12
    loaded = optuna.load_study(study_name="s", storage=storage)
    assert reported_numbers(loaded, memory.study_id) == set(range(12))


def test_trials_outside_the_search_space_are_named_not_lost_silently(
    client: Client, described: TaskDescription
) -> None:
    study = _started(client, described)

    def wider(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0.0, 1.0 if trial.number < 2 else 1e9)
        trial.suggest_categorical("kind", ["a", "b"])
        return x

    study.optimize(wider, n_trials=3)
    sent = client.report(study)
    assert (sent.complete, [s.number for s in sent.skipped]) == (2, [2])
    assert isinstance(sent.skipped[0].error, InvalidConfigurationError)
    assert (sent.skipped[0].error.field, sent.skipped[0].error.limit) == ("params.x", "0.0..1.0 (float)")
    assert client.report(study).skipped == ()


def test_long_studies_go_in_batches(
    client: Client, described: TaskDescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warmtune.optuna.batches.BATCH_SIZE", 4)
    study = _started(client, described)
    study.optimize(_objective, n_trials=10)
    assert client.report(study).accepted == 10


def test_a_study_that_was_not_warm_started_cannot_be_reported(client: Client) -> None:
    with pytest.raises(InvalidInputError, match="not warm-started") as caught:
        client.report(optuna.create_study(study_name="cold"))
    assert caught.value.field == "study"


def test_a_foreign_user_attribute_is_named(client: Client) -> None:
    study = optuna.create_study()
    study.set_user_attr("warmtune:study", {"study_id": 3})
    with pytest.raises(InvalidInputError) as caught:
        client.report(study)
    assert caught.value.field == "study.user_attrs.warmtune:study"


def test_a_study_the_service_forgot_is_not_found_until_it_is_started_again(
    client: Client, described: TaskDescription
) -> None:
    study = _started(client, described)
    study.optimize(_objective, n_trials=2)
    client.report(study)
    memory = recall(study)
    assert memory is not None
    remember(study, memory.model_copy(update={"study_id": "gone"}))
    with pytest.raises(NotFoundError):
        client.report(study)
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=2)
    sent = client.report(study)
    assert sent.complete == 2  # all of it is sent again, whatever was acknowledged before
    assert client.get_study(sent.study_id).n_trials == 2


def test_a_callback_reports_while_the_study_runs(client: Client, described: TaskDescription) -> None:
    study = _started(client, described)
    study.optimize(_objective, n_trials=6, n_jobs=2, callbacks=[client.reporter()])
    client.report(study)
    memory = recall(study)
    assert memory is not None
    assert client.get_study(memory.study_id).n_trials == 6


class Outage(httpx.HTTPTransport):
    """The real service, which can be cut off."""

    def __init__(self) -> None:
        super().__init__()
        self.is_on = False
        self.attempts = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.attempts += 1
        if self.is_on:
            raise httpx.ConnectError("cut off")
        return super().handle_request(request)


def test_a_service_that_is_down_neither_stops_nor_slows_a_study(
    service_url: str, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    outage, now = Outage(), 0.0
    with Client(service_url, retry=Retry(attempts=1), transport=outage) as client:
        study = _started(client, described)
        reporter = Reporter(client, clock=lambda: now)
        outage.is_on, outage.attempts = True, 0
        with caplog.at_level(logging.WARNING, logger="warmtune"):
            study.optimize(_objective, n_trials=5, callbacks=[reporter])
            assert outage.attempts == 1  # then it pauses
            now += PAUSE_AFTER_FAILURE_S
            study.optimize(_objective, n_trials=5, callbacks=[reporter])
        assert outage.attempts == 2
        assert len(caplog.records) == 1
        with pytest.raises(UnavailableError):
            client.report(study)
        outage.is_on = False
        assert client.report(study).accepted == 10


def test_a_callback_says_which_trials_cannot_be_reported(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = _started(client, described)
    with caplog.at_level(logging.WARNING, logger="warmtune"):
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1, callbacks=[client.reporter()])
    assert ["'kind' is missing" in record.getMessage() for record in caplog.records] == [True]
