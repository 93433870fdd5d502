"""Sources other than Optuna: each from a file of its own form, made here."""

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from knowledge.importers.options import ImportOptions
from knowledge.importers.source_reader import source_of
from knowledge.importers.sources import SourceKind
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.foreign_files import mlflow_store, read, zipped
from tests.knowledge.importers.trial_tables import ROWS, table
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import TrialState


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_a_table_of_trials_is_read_by_guessed_roles(tmp_path: Path, ending: str) -> None:
    history, studies = read(table(tmp_path / f"trials.{ending}", ROWS))
    assert history.source == SourceKind.TABLE
    assert [study.name for study in studies] == ["d0", "d1"]
    first = studies[0]
    assert (first.metric, first.direction, first.task.kind) == ("roc_auc", Direction.MAXIMIZE, TaskKind.BINARY)
    assert dict(first.space.parameters) == {
        "C": FloatDistribution(1e-3, 1e4, log=True),
        "kernel": CategoricalDistribution(["poly", "rbf"]),
        "depth": IntDistribution(0, 7),
    }
    assert [trial.value for trial in trials_of(first)] == [0.5, 0.52, 0.54, 0.56]
    assert trials_of(first)[0].duration_s == 0.5
    assert "columns read as task: dataset" in history.notes
    assert "'seed' is no parameter: it is 7 in all runs" in history.notes
    assert studies[1].space.content_key == first.space.content_key


def test_roles_that_are_said_win(tmp_path: Path) -> None:
    path = table(tmp_path / "trials.csv", ROWS)
    given = {"seed": "ignored", "depth": "number", "seconds": "parameter", "kernel": "task", "dataset": "ignored"}
    _, studies = read(path, columns=given, metric="val_auc")
    assert {study.task_name for study in studies} == {"poly", "rbf"}
    assert [trial.number for trial in trials_of(studies[0])] == [0, 3, 6]
    for columns, what in (({"nothing": "metric"}, "no column 'nothing'"), ({"C": "colour"}, "not a role")):
        with pytest.raises(InvalidInputError, match=what):
            read(path, columns=columns)


def test_penalties_are_parameters_unless_asked_for(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"lr": 10.0**-i, "l2": 0.1 * i + 0.1, "accuracy": 0.5 + i / 10} for i in range(4)]
    path = table(tmp_path / "trials.csv", rows)
    (study,) = read(path)[1]
    assert (study.metric, set(study.space.parameters)) == ("accuracy", {"lr", "l2"})
    assert read(path, metric="l2")[1][0].metric == "mse"


def test_a_table_says_which_metrics_there_are(tmp_path: Path) -> None:
    rows = [row | {"accuracy": 0.5} for row in ROWS]
    path = table(tmp_path / "trials.csv", rows)
    with pytest.raises(InvalidInputError, match="several metrics"):
        read(path)
    assert read(path, metric="accuracy")[1][0].metric == "accuracy"
    assert read(path, metric="roc_auc")[1][0].metric == "roc_auc"
    with pytest.raises(InvalidInputError, match="corresponds to 'f1'"):
        read(path, metric="f1")


def test_cells_that_are_no_numbers_fail_their_trial_only(tmp_path: Path) -> None:
    rows = [{"x": i / 10, "loss": value} for i, value in enumerate([0.5, float("nan"), float("inf"), 0.25])]
    _, studies = read(table(tmp_path / "t.csv", rows), metric="log_loss")
    states = [trial.state for trial in trials_of(studies[0])]
    assert states == [TrialState.COMPLETE, TrialState.FAIL, TrialState.FAIL, TrialState.COMPLETE]
    assert studies[0].direction is Direction.MINIMIZE


def test_an_unnamed_table_is_named_for_its_file(tmp_path: Path) -> None:
    rows = [{"x": i / 10, "accuracy": i / 10} for i in range(4)]
    _, studies = read(table(tmp_path / "t.csv", rows), default_name="my search")
    assert (studies[0].name, studies[0].task_name) == ("my search", "my search")


@pytest.fixture(scope="module")
def search() -> GridSearchCV:
    X, y = load_iris(return_X_y=True)
    grid = [{"kernel": ["rbf"], "C": [0.1, 1.0], "gamma": [0.01, 0.1]}, {"kernel": ["linear"], "C": [0.1, 10.0]}]
    return GridSearchCV(SVC(), grid, cv=2).fit(X, y)


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_scikit_learns_results_keep_their_conditions(tmp_path: Path, search: GridSearchCV, ending: str) -> None:
    path = tmp_path / f"cv.{ending}"
    frame = pd.DataFrame(search.cv_results_)
    if ending == "csv":
        frame.to_csv(path, index=False)
    elif ending == "parquet":
        frame.drop(columns="params").to_parquet(path)
    else:
        body = {k: [v.item() if isinstance(v, np.generic) else v for v in list(vs)] for k, vs in frame.items()}
        path.write_text(json.dumps(body))
    history, studies = read(path, metric="accuracy")
    assert history.version == "scikit-learn's cv_results_"
    (study,) = studies
    assert study.direction is Direction.MAXIMIZE
    assert study.space.conditions == (Condition("gamma", "kernel", ("rbf",)),)
    assert [trial.value for trial in trials_of(study)] == pytest.approx(list(search.cv_results_["mean_test_score"]))
    for trial in trials_of(study):
        assert study.space.validate(trial.configuration) == trial.configuration


def test_negated_scores_are_turned(tmp_path: Path) -> None:
    rows = [{"param_C": 1.0 + i, "mean_test_neg_log_loss": -0.5 - i} for i in range(3)]
    _, studies = read(table(tmp_path / "cv.csv", rows))
    assert (studies[0].metric, studies[0].direction) == ("log_loss", Direction.MINIMIZE)
    assert [trial.value for trial in trials_of(studies[0])] == [0.5, 1.5, 2.5]


def test_weights_and_biases_runs(tmp_path: Path) -> None:
    runs = [
        {
            "id": f"r{i}",
            "state": "crashed" if i == 0 else "finished",
            "sweep": "s1",
            "config": {"lr": {"value": 10.0**-i}, "model": {"value": {"depth": i}}, "dataset": {"value": "mnist"}},
            "summary": {"val_acc": 0.9, "train_loss": 0.1, "_runtime": 3.5},
        }
        for i in range(5)
    ]
    path = tmp_path / "runs.json"
    path.write_text(json.dumps(runs))
    history, studies = read(path)
    assert history.source == SourceKind.WANDB
    (study,) = studies
    assert (study.name, study.task_name, study.metric) == ("s1", "mnist", "accuracy")
    assert set(study.space.parameters) == {"lr", "model.depth"}
    assert [trial.state for trial in trials_of(study)].count(TrialState.FAIL) == 1
    assert trials_of(study)[0].duration_s == 3.5


def test_a_ray_experiment_with_its_pickles_passed_over(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {}
    for i in range(4):
        reports = [
            {"training_iteration": n, "mean_accuracy": n / 10 + i / 100, "time_total_s": 2.0 * n, "done": n == 3}
            | {"config": {"lr": 10.0**-i, "layers": i}, "trial_id": f"t{i}"}
            for n in range(1, 4)
        ]
        files[f"train_fn/t{i}/result.json"] = "\n".join(map(json.dumps, reports))
        files[f"train_fn/t{i}/params.pkl"] = pickle.dumps({"lr": 1})
    files["train_fn/t3/error.txt"] = "boom"
    history, studies = read(zipped(tmp_path / "ray.zip", files))
    assert history.source == SourceKind.RAY
    (study,) = studies
    assert (study.name, len(trials_of(study))) == ("train_fn", 4)
    assert trials_of(study)[0].intermediate_values == {1: 0.1, 2: 0.2, 3: 0.3}
    assert trials_of(study)[3].state is TrialState.FAIL


def test_a_meta_dataset_with_its_space_and_meta_features(tmp_path: Path) -> None:
    space = {
        "hyperparameters": [
            {"name": "kernel", "type": "categorical", "choices": ["rbf", "none"], "condition": None},
            {"name": "C", "type": "float", "low": 0.1, "high": 10.0, "log": True, "condition": None},
            {
                "name": "gamma",
                "type": "int",
                "low": 1,
                "high": 9,
                "log": False,
                "condition": {"parent": "kernel", "values": ["rbf"]},
            },
        ]
    }
    rows = [
        {"task": t, "kernel": k, "C": 1.0, "gamma": g, "score": s, "seconds": 2.0}
        for t in ("a", "b")
        for k, g, s in (("rbf", 3.0, 0.9), ("none", None, 0.8), ("rbf", None, 0.7), ("none", None, None))
    ]
    features = table(tmp_path / "f.parquet", [{"task": "a", "n": 10.0, "m": None, "name": "x"}])
    path = zipped(
        tmp_path / "folder.zip",
        {
            "space.json": json.dumps(space),
            "trials.parquet": table(tmp_path / "t.parquet", rows).read_bytes(),
            "metafeatures.parquet": features.read_bytes(),
        },
    )
    history, studies = read(path, kind=TaskKind.BINARY)
    assert history.source == SourceKind.METADATASET
    first, second = studies
    assert (first.metric, first.direction) == ("score", Direction.MAXIMIZE)
    assert first.task.meta_features is not None
    assert dict(first.task.meta_features.values) == {"n": 10.0}
    assert second.task.meta_features is None
    assert [trial.configuration for trial in trials_of(first)][:2] == [
        {"kernel": "rbf", "C": 1.0, "gamma": 3},
        {"kernel": "none", "C": 1.0},
    ]
    assert [note.n_trials for note in first.left_out] == [1]  # gamma is missing
    assert trials_of(first)[-1].state is TrialState.FAIL


def test_what_a_file_is_its_content_tells(tmp_path: Path) -> None:
    path = zipped(tmp_path / "named.csv", mlflow_store())
    assert source_of(path, ImportOptions()) is SourceKind.MLFLOW_FILES
