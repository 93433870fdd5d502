"""Sources other than Optuna: each from a file of its own form, made here."""

import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from knowledge.importers.json_cells import unfolded
from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.source_reader import read_history, source_of
from knowledge.importers.sources import SourceKind
from knowledge.importers.study_conversion import convert
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.foreign_files import mlflow_store, read, zipped
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import TrialState


def table(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    frame = pd.DataFrame([dict(row) for row in rows])
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        path.write_text(json.dumps([dict(row) for row in rows]))
    return path


ROWS: list[dict[str, object]] = [
    {
        "dataset": f"d{i % 2}",
        "C": 10.0 ** (i - 3),
        "kernel": "rbf" if i % 3 else "poly",
        "depth": i,
        "seed": 7,
        "val_auc": 0.5 + i / 100,
        "seconds": 0.5,
    }
    for i in range(8)
]


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


@pytest.mark.parametrize("form", ["csv", "no index", "semicolons", "parquet"])
@pytest.mark.parametrize("n_objectives", [1, 2])
def test_optunas_table_with_two_rows_of_names(n_objectives: int, form: str, tmp_path: Path) -> None:
    def objective(trial: optuna.Trial) -> list[float]:
        x = trial.suggest_float("x", 0, 1)
        trial.set_user_attr("note", trial.suggest_categorical("a, b", ["u", "v"]))
        return [x, 1 - x][:n_objectives]

    directions = [optuna.study.StudyDirection.MAXIMIZE, optuna.study.StudyDirection.MINIMIZE]
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(directions=directions[:n_objectives], sampler=sampler)
    study.optimize(objective, n_trials=12)
    frame = study.trials_dataframe(multi_index=True)
    path = tmp_path / "trials"
    if form == "parquet":
        frame.columns = pd.Index([str(pair) for pair in frame.columns])  # as pandas itself writes them
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=form != "no index", sep=";" if form == "semicolons" else ",")
    columns = {} if n_objectives == 1 else {"values_1": "ignored"}
    _, (converted,) = read(path, columns=columns, kind=TaskKind.BINARY, direction=Direction.MAXIMIZE)
    assert set(converted.space.parameters) == {"x", "a, b"}
    assert [t.configuration for t in trials_of(converted)] == [t.params for t in study.trials]
    assert [t.value for t in trials_of(converted)] == [t.values[0] for t in study.trials]


def test_a_second_row_of_values_is_no_row_of_names(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    path.write_text("params,x,accuracy\na,0.25,0.5\nb,0.5,0.75\na,1,0.25\n")
    _, (converted,) = read(path, columns={"params": "parameter"}, kind=TaskKind.BINARY)
    assert len(trials_of(converted)) == 3


def test_nested_settings_in_json_cells_become_columns(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {
            "Name": f"run {i}",
            "State": "finished",
            "Runtime": 3,
            "config": json.dumps(
                {"lr": {"value": 0.1 / (i + 1)}, "model": {"depth": i % 3 + 1, "act": "relu"}, "_x": 1}
            ),
            "summary": json.dumps({"val_acc": 0.5 + i / 100, "_runtime": 3}),
        }
        for i in range(8)
    ]
    history, (study,) = read(table(tmp_path / "runs.csv", rows))
    assert (study.metric, len(trials_of(study))) == ("accuracy", 8)
    assert trials_of(study)[1].configuration == {"lr": 0.05, "model.depth": 2}  # the same word in all runs is none
    assert trials_of(study)[1].value == pytest.approx(0.51)
    assert history.source == SourceKind.TABLE


def test_only_whole_columns_of_objects_are_unfolded_and_names_stay_apart() -> None:
    rows: list[dict[str, Any]] = [
        {"lr": 1, "a": '{"lr": 2, "b": {"c": [1, 2]}}', "t": '{"x": 1}', "n": None},
        {"lr": 3, "a": None, "t": "words", "n": None},
    ]
    names, found = unfolded(["lr", "a", "t", "n"], rows)
    assert names == ["lr", "t", "n", "a.lr", "b.c"]
    assert found[0] == {"lr": 1, "t": '{"x": 1}', "n": None, "a.lr": 2, "b.c": "[1, 2]"}
    assert found[1] == {"lr": 3, "t": "words", "n": None, "a.lr": None, "b.c": None}
    with pytest.raises(LimitExceededError, match="1000 keys"):
        unfolded(["a"], [{"a": json.dumps({f"k{i}": i for i in range(1_001)})}])


@pytest.mark.parametrize("cell", ["87.3%", "0,87", "0.8±0.02", "87 points"])
def test_metrics_that_are_words_are_named_with_a_cell(tmp_path: Path, cell: str) -> None:
    rows: list[dict[str, object]] = [{"C": i + 1, "accuracy": cell} for i in range(5)]
    with pytest.raises(InvalidInputError, match="no metric has a number: 'accuracy' holds") as caught:
        read(table(tmp_path / "trials.csv", rows))
    assert cell in str(caught.value)


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


def test_hostile_archives_are_refused(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", {"mlruns/1/meta.yaml": b"0" * 10_000_000})
    with pytest.raises(LimitExceededError, match="once unpacked"):
        read(bomb, limits=ImportLimits(max_unpacked_bytes=1_000_000))
    with pytest.raises(LimitExceededError, match="files"):
        read(zipped(tmp_path / "many.zip", {f"{i}/meta.yaml": "" for i in range(20)}), limits=ImportLimits(max_files=5))
    with pytest.raises(InvalidInputError, match="nothing in the folder is a history"):
        read(zipped(tmp_path / "other.zip", {"../../etc/passwd": "x", "a.txt": "y"}))
    with pytest.raises(InvalidInputError, match="pickle"):
        read(zipped(tmp_path / "model.pt", {"archive/data.pkl": pickle.dumps(1)}))
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(zipped(tmp_path / "whole.zip", mlflow_store()).read_bytes()[:-30])
    with pytest.raises(InvalidInputError, match="damaged"):
        read(damaged)


def test_more_rows_than_may_be_taken_are_refused_by_their_footer(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", ROWS)
    with pytest.raises(LimitExceededError, match="rows"):
        read(path, limits=ImportLimits(max_trials=7))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("a,b\n1,2\n", "no column has the role metric"),
        ("accuracy\n1\n2\n", "not recognised"),
        ("accuracy,loss\n1,2\n", "no column has the role parameter"),
        ('{"params": [{}], "mean_test_score": [1, 2]}', "differ in length"),
        ('{"format": "warmtune-mlflow-runs-1", "experiments": [{}], "runs": []}', "not as MLflow gives it"),
        ('[{"config": {}, "summary": {}}, 7]', "run 1 has no config"),
    ],
)
def test_tables_and_json_of_other_kinds_are_refused(tmp_path: Path, content: str, what: str) -> None:
    path = tmp_path / "odd"
    path.write_text(content)
    with pytest.raises(InvalidInputError, match=what):
        read(path)


def test_what_a_file_is_its_content_tells(tmp_path: Path) -> None:
    path = zipped(tmp_path / "named.csv", mlflow_store())
    assert source_of(path, ImportOptions()) is SourceKind.MLFLOW_FILES


def test_impossible_scores_are_quarantined_with_the_reason(tmp_path: Path) -> None:
    rows = [{**row, "val_auc": 55.0 if row["depth"] == 2 else row["val_auc"]} for row in ROWS]
    _, (first, second) = read(table(tmp_path / "runs.csv", rows))
    assert len(trials_of(first)) + len(trials_of(second)) == len(ROWS) - 1
    (note,) = first.left_out + second.left_out
    assert "roc_auc lies between 0 and 1; divide percentages by 100" in note.text


ODD_NUMBERS = ("9" * 5_000, "-" + "9" * 400, "9" * 30, "1e400", "1:" * 300 + "1", "9e99 days 00:00:01", "٣", "1_0")


@pytest.mark.parametrize("ending", ["csv", "json"])
@pytest.mark.parametrize("column", ["dataset", "C", "depth", "val_auc", "seconds"])
def test_numbers_of_any_length_in_any_role_are_read_or_left_out(tmp_path: Path, column: str, ending: str) -> None:
    options = ImportOptions()
    for number in ODD_NUMBERS:
        for places in ((3,), range(len(ROWS))):
            rows = [dict(row) for row in ROWS]
            for place in places:
                rows[place][column] = number
            path = table(tmp_path / f"trials.{ending}", rows)
            if ending == "json" and number.lstrip("-").isdecimal() and number.isascii():
                path.write_text(path.read_text().replace(f'"{number}"', number))
            try:
                found = list(convert(read_history(path, options), options))
            except InvalidInputError:
                continue
            assert found
