"""Folders of recorded trials, as the benchmarks read them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.knowledge_tables import load_table
from benchmarks.tables import read_folder
from warmtune.vocabulary.errors import InvalidInputError

SPACE = {
    "hyperparameters": [
        {"name": "kernel", "type": "categorical", "choices": ["rbf", "linear"], "condition": None},
        {"name": "C", "type": "float", "low": 0.1, "high": 10.0, "log": True, "condition": None},
        {
            "name": "degree",
            "type": "int",
            "low": 2,
            "high": 5,
            "log": False,
            "condition": {"parent": "kernel", "values": ["rbf"]},
        },
    ]
}
ROWS = [("rbf", 0.1, 2.0), ("linear", 1.0, np.nan), ("rbf", 10.0, 5.0)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    trials = [
        {
            "task": task,
            "kernel": kernel,
            "C": np.float32(c),
            "degree": degree,
            "score": rng.random(),
            "config_id": i,
            "origin": origin,
        }
        for task in ("11", "7", "3")
        for i, ((kernel, c, degree), origin) in enumerate(
            zip([*ROWS, ROWS[0]], [*["random"] * 3, "strong"], strict=True)
        )
    ]
    pd.DataFrame(trials).to_parquet(tmp_path / "trials.parquet")
    features = {
        "task": ["3", "11", "7"],
        "openml_data_id": [3, 11, 7],
        "name": ["a", "b", "c"],
        "basic.n_classes": [4.0, np.nan, np.nan],
        "basic.n_instances": [100.0, np.nan, np.nan],
    }
    pd.DataFrame(features).to_parquet(tmp_path / "metafeatures.parquet")
    (tmp_path / "space.json").write_text(json.dumps(SPACE))
    return tmp_path


def test_a_folder_becomes_a_table(folder: Path) -> None:
    table = load_table(str(folder))
    assert table.scores.shape == (3, 3)  # configurations that were picked for one task don't count
    assert [dict(c) for c in table.configurations] == [
        {"kernel": "rbf", "C": pytest.approx(0.1), "degree": 2},
        {"kernel": "linear", "C": 1.0},
        {"kernel": "rbf", "C": 10.0, "degree": 5},
    ]
    by_name = {task.name: task for task in table.tasks}
    assert dict(by_name["3"].meta_features.values) == {"basic.n_classes": 4.0, "basic.n_instances": 100.0}
    assert by_name["3"].kind == "multiclass"


def test_tasks_that_nothing_tells_apart_stay_different_tasks(folder: Path) -> None:
    table = read_folder(folder)
    assert len({task.task_id for task in table.tasks}) == 3
    assert not {task.name: task for task in table.tasks}["7"].meta_features.values


def test_a_random_history_is_seeded_and_as_long_as_asked(folder: Path) -> None:
    table = read_folder(folder)
    one, again, other = (table.recording(n_known=2, history=h) for h in (0, 0, 1))
    assert [len(t.past.configurations) for t in one.tasks] == [2, 2, 2]
    assert [len(t.truth.configurations) for t in one.tasks] == [3, 3, 3]
    assert [t.past.configurations for t in one.tasks] == [t.past.configurations for t in again.tasks]
    assert [t.past.configurations for t in one.tasks] != [t.past.configurations for t in other.tasks]
    assert [len(t.past.configurations) for t in table.recording(n_known=9).tasks] == [3, 3, 3]
    for row, task in enumerate(one.tasks):
        for configuration, score in zip(task.past.configurations, task.past.scores, strict=True):
            assert table.scores[row, table.configurations.index(configuration)] == score


def test_what_is_no_table_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        load_table("no such thing")
    trials = pd.read_parquet(folder / "trials.parquet")
    trials.drop(index=0).to_parquet(folder / "trials.parquet")
    with pytest.raises(InvalidInputError, match="full table"):
        read_folder(folder)
    (folder / "space.json").unlink()
    with pytest.raises(InvalidInputError, match=r"space\.json"):
        read_folder(tmp_path)
