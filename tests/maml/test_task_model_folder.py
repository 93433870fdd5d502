import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from maml.__main__ import app
from maml.task_models.folder import read_folder
from tests.maml.tables import mixed_table
from warmtune.vocabulary.errors import InvalidInputError

GOOD = {"name": "one", "file": "one.parquet", "target": "y", "task": "regression"}


def write(folder: Path, *, tables: Sequence[str], n: int = 50) -> None:
    """Tables of these tasks, and their manifest."""
    entries = []
    for seed, task in enumerate(tables):
        table, labels, numbers = mixed_table(n, seed=seed, n_classes=2)
        name = f"{task}{seed}"
        table.assign(y=numbers if task == "regression" else labels).to_parquet(folder / f"{name}.parquet")
        entries.append({"name": name, "file": f"{name}.parquet", "target": "y", "task": task})
    (folder / "manifest.json").write_text(json.dumps(entries))


def command(folder: Path, out: Path) -> str:
    """What the command says as it refuses."""
    done = CliRunner().invoke(app, ["task-models", str(folder), str(out), "--episodes", "2", "--steps", "2"])
    assert done.exit_code == 2
    assert done.stdout == ""  # nothing was trained
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("tables", "n", "words"),
    [
        ((), 50, "classification is learned from at least 2 datasets of any task"),
        (("binary",) * 3, 50, "regression is learned from at least 2 datasets with the task 'regression'"),
        (("binary", "binary", "regression"), 50, "there are 1 ("),
        (("regression",) * 3, 39, "there are 0 ("),
    ],
)
def test_too_few_tables_are_reported_before_any_training(
    tmp_path: Path, tables: tuple[str, ...], n: int, words: str
) -> None:
    write(tmp_path, tables=tables, n=n)
    said = command(tmp_path, tmp_path / "out.safetensors")
    assert words in said
    assert "each of 40 rows" in said
    assert not (tmp_path / "out.safetensors").exists()


def test_two_tables_of_numbers_are_enough(tmp_path: Path) -> None:
    write(tmp_path, tables=("regression", "regression"))
    out = tmp_path / "out.safetensors"
    arguments = ["task-models", str(tmp_path), str(out), "--episodes", "4", "--steps", "1", "--judged", "2"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".parquet", ".parquet", ".safetensors"]


def test_an_output_that_cannot_be_written_is_refused_before_the_folder_is_read(tmp_path: Path) -> None:
    for out, words in (
        (tmp_path / "none" / "out", "No such file or directory"),
        (tmp_path, "it is not a regular file"),
        (Path("/dev/null"), "it is not a regular file"),
        (tmp_path / ("n" * 253), "File name too long"),  # as its part, which has five characters more
    ):
        said = command(tmp_path / "no folder", out)
        assert words in said
        assert "field: out" in said


def numbers_but(value: Any, column: str = "y") -> pd.DataFrame:
    table, _, numbers = mixed_table(50, seed=0)
    table["y"] = numbers
    table[column] = table[column].astype(object if isinstance(value, str) else np.float64)
    table.loc[7, column] = value
    return table.astype({column: str}) if isinstance(value, str) else table


@pytest.mark.parametrize(
    ("changes", "table", "field", "words"),
    [
        ({"file": "gone.parquet"}, None, "manifest.0.file", "no readable Parquet file"),
        ({"file": "manifest.json"}, None, "manifest.0.file", "no readable Parquet file"),
        ({"target": "z"}, None, "manifest.0.target", "no such column"),
        ({"task": "clustering"}, None, "manifest.0.task", "no such kind of task"),
        ({"task": None}, None, "manifest.0.task", "must be a text"),
        ({"target": 3}, None, "manifest.0.target", "must be a text"),
        ({}, numbers_but("many"), "manifest.0.target", "a target of numbers has others"),
        ({}, numbers_but("1.5"), "manifest.0.target", "a target of numbers has others"),
        ({}, numbers_but(np.inf), "manifest.0.target", "finite"),
        ({}, numbers_but(-1e200), "manifest.0.target", "too large"),
        ({}, numbers_but(1e200, "a"), "manifest.0.file", "column 'a'"),
        ({}, numbers_but(0.0)[["y"]], "manifest.0.file", "no column beside"),
        ({}, numbers_but(0.0).assign(y=pd.Timestamp("2026-01-01")), "manifest.0.target", "of numbers has others"),
    ],
)
def test_what_is_wrong_with_a_dataset_is_reported_with_its_name(
    tmp_path: Path, changes: dict[str, object], table: pd.DataFrame | None, field: str, words: str
) -> None:
    (numbers_but(0.0) if table is None else table).to_parquet(tmp_path / "one.parquet")
    (tmp_path / "manifest.json").write_text(json.dumps([GOOD | changes]))
    with pytest.raises(InvalidInputError, match=words) as refused:
        list(read_folder(tmp_path))
    assert refused.value.field == field
    assert "dataset 'one'" in refused.value.message
    said = command(tmp_path, tmp_path / "out.safetensors")
    assert "dataset 'one'" in said
    assert field in said


@pytest.mark.parametrize(
    ("manifest", "field"),
    [
        (None, "folder"),
        ("{}x", "folder"),
        ("[" * 100_000, "folder"),
        ("{}", "manifest"),
        ("[3]", "manifest.0.name"),
        (json.dumps([GOOD, GOOD | {"name": "two"}, GOOD]), "manifest.2.name"),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, manifest: str | None, field: str) -> None:
    numbers_but(0.0).to_parquet(tmp_path / "one.parquet")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(InvalidInputError) as refused:
        list(read_folder(tmp_path))
    assert refused.value.field == field
    assert f"field: {field}" in command(tmp_path, tmp_path / "out.safetensors")
