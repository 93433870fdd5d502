"""Names of columns in tables of trials: in two rows, or within cells of JSON."""

import json
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest

from knowledge.importers.json_cells import unfolded
from knowledge.importers.sources import SourceKind
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.foreign_files import read
from tests.knowledge.importers.trial_tables import table
from warmtune.vocabulary.errors import LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind


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
