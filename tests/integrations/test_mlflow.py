"""Studies as MLflow runs, in a store of files and in a database."""

import logging
from pathlib import Path
from typing import Any

import optuna
import pytest

import warmtune
from tests.client.sampling import SPACE, score_of
from tests.serving import LiveService
from warmtune import Client
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.task import MetaFeatures, TaskKind

mlflow = pytest.importorskip("mlflow", reason="MLflow is not installed: pip install mlflow-skinny")

from warmtune.mlflow import MlflowCallback  # noqa: E402  # after MLflow was found

TASK = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 100.0}, version="by hand"), name="runs")
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]


@pytest.fixture(params=["file", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where MLflow keeps runs."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return (tmp_path / "mlruns").as_uri() if request.param == "file" else f"sqlite:///{tmp_path}/mlflow.db"


def runs_of(store: str) -> list[Any]:
    client = mlflow.tracking.MlflowClient(tracking_uri=store)
    experiment = client.get_experiment_by_name("warmtune")
    return list(client.search_runs([experiment.experiment_id]))


def objective(trial: optuna.Trial) -> float:
    value = score_of(trial)
    trial.report(value / 2, 1)
    if trial.number == 2:
        raise optuna.TrialPruned
    if trial.number == 3:
        raise RuntimeError("this one fails")
    return value


def test_each_trial_is_a_run_below_that_of_its_study(live_service: LiveService, store: str) -> None:
    name = 'it\'s "odd"\nand é'
    study = optuna.create_study(direction="maximize", study_name=name)
    with Client(live_service.url) as client:
        client.warm_start(study, TASK, search_space=SPACE, metric="accuracy", n=2)
        study.optimize(objective, n_trials=4, callbacks=[MlflowCallback(store)], catch=(RuntimeError,))
    runs = runs_of(store)
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = sorted((run for run in runs if run is not parent), key=lambda run: int(run.data.tags["warmtune.trial"]))
    assert parent.data.tags["warmtune.metric"] == "accuracy"
    assert parent.data.tags["warmtune.study_id"].startswith("study_")
    assert [run.info.status for run in children] == ["FINISHED", "FINISHED", "KILLED", "FAILED"]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    for run, trial in zip(children, study.trials, strict=True):
        assert run.data.params == {key: str(value) for key, value in trial.params.items()}
        assert run.data.metrics.get("accuracy") == (trial.values[0] if trial.values else None)
    assert children[0].data.tags["warmtune.rank"] == "1"
    assert children[0].data.metrics["accuracy.intermediate"] == study.trials[0].intermediate_values[1]


def test_a_study_is_logged_once_however_often_it_is_asked_for(store: str) -> None:
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda t: (t.suggest_float("learning rate@x", 0.0, 1.0), float("inf") * t.number), n_trials=3)
    callback = MlflowCallback(store)
    assert callback.log_study(study) == 3
    assert callback.log_study(study) == 0
    assert MlflowCallback(store).log_study(study) == 0
    assert len(runs_of(store)) == 4
    assert set(runs_of(store)[0].data.metrics) <= {"value_0", "value_1"}


def test_a_study_goes_on_where_nothing_can_be_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    study = optuna.create_study()
    with caplog.at_level(logging.WARNING, "warmtune.mlflow"):
        study.optimize(
            lambda t: t.suggest_float("x", 0.0, 1.0), n_trials=3, callbacks=[MlflowCallback("http://127.0.0.1:9")]
        )
    assert len(study.trials) == 3
    assert len([record for record in caplog.records if record.name == "warmtune.mlflow"]) == 1


def test_the_package_knows_the_module() -> None:
    assert warmtune.mlflow.MlflowCallback is MlflowCallback
