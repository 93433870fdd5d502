import json
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from metafeatures.batch import describe_files, results_table, table_jobs
from metafeatures.catalogue import CATALOGUE
from metafeatures.describe import describe
from tests.metafeatures.tables import mixed_table
from warmtune.cli.app import app
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pq.write_table(mixed_table(80), tmp_path / "first.parquet")
    pacsv.write_csv(mixed_table(60, target="numbers"), tmp_path / "second.csv")
    (tmp_path / "broken.csv").write_text("a,y\n1,2\n3,4\n5,6,7\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no table", encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_a_folder_becomes_one_table_with_errors_and_gaps(folder: Path) -> None:
    jobs = table_jobs(folder, "y")
    assert [job.name for job in jobs] == ["broken", "first", "second"]
    table = results_table(describe_files(jobs, n_workers=2))
    rows = {row["name"]: row for row in table.to_pylist()}
    assert "row 3 " in rows["broken"]["error"]
    assert rows["broken"]["n_rows"] is None
    expected = describe(mixed_table(80), "y")
    assert rows["first"]["content_hash"] == expected.content_hash
    assert rows["first"]["kind"] == "multiclass"
    assert dict(rows["first"]["gaps"]) == dict(expected.meta_features.gaps)
    for entry in CATALOGUE:
        value = expected.meta_features.values.get(entry.name)
        assert rows["first"][entry.name] == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12))
    assert rows["second"]["kind"] == "regression"


def test_a_manifest_names_files_targets_and_kinds(folder: Path) -> None:
    listed = [{"file": "first.parquet", "name": "One", "target": "colour", "task": "multiclass"}]
    (folder / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")
    (job,) = table_jobs(folder, None)
    assert (job.path, job.name, job.target, job.kind) == (
        folder / "first.parquet",
        "One",
        "colour",
        TaskKind.MULTICLASS,
    )
    (folder / "manifest.json").write_text('[{"name": "no file"}]', encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        table_jobs(folder, None)
    assert caught.value.field == "manifest.0"


def test_what_is_said_of_a_table_counts_in_folders_too(folder: Path, tmp_path: Path) -> None:
    said = {
        "task": "multiclass",
        "nominal": ["count"],
        "ignore": ["size"],
        "sheet": "data",
        "encoding": "cp1251",
        "delimiter": "tab",
        "metric": "accuracy",
    }
    listed = [{"file": "first.parquet", "target": "colour", **said}]
    (folder / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")
    (job,) = table_jobs(folder, None)
    assert job.hints == TableHints(
        kind=TaskKind.MULTICLASS,
        nominal=("count",),
        ignore=("size",),
        sheet="data",
        encoding="cp1251",
        delimiter="\t",
        metric="accuracy",
    )
    (job,) = table_jobs(folder, None, TableHints(ignore=("count",)))
    assert (job.hints.ignore, job.hints.nominal) == (("count",), ("count",))
    (folder / "manifest.json").unlink()
    out = tmp_path / "out.parquet"
    command = ["describe", str(folder), "--target", "y", "--out", str(out), "--jobs", "1", "--deadline-ms", "0"]
    CliRunner().invoke(app, [*command, "--ignore", "no such column"])
    assert all(
        "no such column" in error for error in pq.read_table(out).column("error").to_pylist() if "row 3" not in error
    )
    CliRunner().invoke(app, command)
    gaps = [dict(gap) for gap in pq.read_table(out).column("gaps").to_pylist() if gap is not None]
    assert gaps
    assert all(any("deadline" in reason for reason in gap.values()) for gap in gaps)


def test_a_folder_without_tables_or_target_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        table_jobs(folder, None)
    assert caught.value.field == "target"
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInputError) as caught:
        table_jobs(tmp_path / "empty", "y")
    assert caught.value.field == "folder"


def test_the_command_describes_a_folder_and_says_what_failed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "metafeatures.out"
    command = ["describe", str(folder), "--target", "y", "--out", str(out), "--jobs", "1"]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 2
    assert "2 of 3 tables described" in ran.stdout
    assert "broken.csv" in ran.stderr
    assert pq.read_table(out).num_rows == 3
    (folder / "broken.csv").unlink()
    assert CliRunner().invoke(app, command).exit_code == 0


def test_the_command_prints_the_meta_features_of_a_file(folder: Path) -> None:
    path = str(folder / "first.parquet")
    found = json.loads(CliRunner().invoke(app, ["describe", path, "--target", "y", "--format", "json"]).stdout)
    assert found["content_hash"] == describe(mixed_table(80), "y").content_hash
    assert found["meta_features"]["n_rows"] == 80
    text = CliRunner().invoke(app, ["describe", path, "--target", "y"]).stdout
    assert "multiclass" in text
    assert "class_entropy" in text
    assert "does not apply to multiclass tasks" in text


@pytest.mark.parametrize(("options", "part"), [([], "target column"), (["--target", "nope"], "no column 'nope'")])
def test_the_command_refuses_with_exit_code_2(options: list[str], part: str, folder: Path) -> None:
    ran = CliRunner().invoke(app, ["describe", str(folder / "first.parquet"), *options])
    assert ran.exit_code == 2
    assert part in ran.stderr
