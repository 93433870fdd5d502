"""MLflow's file store: runs become studies by their experiment and parent."""

from pathlib import Path

import pytest
from optuna.distributions import CategoricalDistribution

from knowledge.importers.sources import SourceKind
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.foreign_files import mlflow_store, read, zipped
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import TrialState


def test_an_mlflow_file_store_by_parent_run(tmp_path: Path) -> None:
    history, studies = read(zipped(tmp_path / "mlruns.zip", mlflow_store()))
    assert history.source == SourceKind.MLFLOW_FILES
    (study,) = studies
    assert (study.name, study.task_name) == ("it's one / run 0", "houses")
    assert (study.metric, study.task.kind) == ("r2", TaskKind.REGRESSION)
    assert [trial.state for trial in trials_of(study)] == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.FAIL]
    assert trials_of(study)[0].configuration == {"max_depth": 1, "model/eta": 0.1}
    assert trials_of(study)[0].intermediate_values == {0: 0.1, 1: 0.15}
    assert trials_of(study)[0].duration_s == 0.5
    assert study.space.parameters["max_depth"] == CategoricalDistribution([None, 1, 3])


def test_runs_of_a_deleted_experiment_are_left_out(tmp_path: Path) -> None:
    files = mlflow_store()
    files["mlruns/.trash/2/meta.yaml"] = "experiment_id: '2'\nname: old\nlifecycle_stage: deleted\n"
    files["mlruns/.trash/2/dead/meta.yaml"] = "experiment_id: '2'\nlifecycle_stage: active\nrun_id: dead\nstatus: 3\n"
    files["mlruns/.trash/2/dead/params/max_depth"] = "9"
    files["mlruns/.trash/2/dead/metrics/validation_r2"] = "1 0.99 0\n"
    _, studies = read(zipped(tmp_path / "mlruns.zip", files))
    assert [study.name for study in studies] == ["it's one / run 0"]


def test_a_logged_model_of_mlflow_3_is_no_experiment(tmp_path: Path) -> None:
    files = mlflow_store()
    files["mlruns/1/models/m-1/meta.yaml"] = "experiment_id: '1'\nmodel_id: m-1\nname: forest\nsource_run_id: '1'\n"
    _, studies = read(zipped(tmp_path / "mlruns.zip", files))
    assert [study.name for study in studies] == ["it's one / run 0"]


def test_runs_that_are_each_others_parents_are_refused(tmp_path: Path) -> None:
    files = {
        name: text for name, text in mlflow_store().items() if not {f"{0:032x}", f"{4:032x}"} & set(name.split("/"))
    }
    runs = sorted({name.split("/")[2] for name in files if name.count("/") > 2})
    files |= {f"mlruns/1/{run}/tags/mlflow.parentRunId": runs[i - 1] for i, run in enumerate(runs)}
    with pytest.raises(InvalidInputError, match="each is the parent of another"):
        read(zipped(tmp_path / "mlruns.zip", files))


def test_a_run_that_is_its_own_parent_has_none(tmp_path: Path) -> None:
    files = {name: text for name, text in mlflow_store().items() if "0000/" not in name}
    runs = sorted({name.split("/")[2] for name in files if name.count("/") > 2})
    files |= {f"mlruns/1/{run}/tags/mlflow.parentRunId": run for run in runs}
    _, studies = read(zipped(tmp_path / "mlruns.zip", files))
    assert [study.name for study in studies] == ["it's one"]


def test_an_own_tag_of_mlflow_may_name_the_task(tmp_path: Path) -> None:
    files = mlflow_store() | {f"mlruns/1/{0:032x}/tags/mlflow.user": "somebody"}
    _, studies = read(zipped(tmp_path / "mlruns.zip", files), task_by="mlflow.user")
    assert [study.task_name for study in studies] == ["somebody"]
