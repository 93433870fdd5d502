"""`warmtune import` of a whole folder, through a live service: options by file, what is refused, the exit status."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.serving import LiveService
from warmtune.cli.app import app
from warmtune.cli.file_options import said_of_files
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind


def runs(seed: int, metric: str) -> str:
    rows = "".join(f"{n},{(n * 7 + seed) % 11 + 0.5},{(n * 5 + seed) % 13 / 13}\n" for n in range(8))
    return f"number,depth,{metric}\n{rows}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "command_lgb_1.csv": runs(1, "loss"),
        "command_lgb_2.csv": runs(2, "loss"),
        "command_svm.csv": runs(3, "accuracy"),
        "command_unknown.csv": runs(4, "score"),
        "iris.csv": "sepal,petal,species\n1,2,a\n2,3,b\n",
        "plot.png": "picture",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def done(service: LiveService, *words: str) -> Result:
    environment = {"WARMTUNE_URL": service.url, "COLUMNS": "200", "TERMINAL_WIDTH": "200"}
    return CliRunner().invoke(app, ["import", *words], env=environment)


def test_a_folder_of_mixed_directions_is_one_command(live_service: LiveService, folder: Path) -> None:
    how = ("--kind", "binary", "--direction", "*_lgb*.csv=minimize")
    partly = done(live_service, str(folder), *how)
    assert partly.exit_code == 8, partly.output
    said = " ".join(partly.stdout.split())
    assert "command_unknown.csv" in said
    assert "pass its direction" in said
    assert "skipped iris.csv: perhaps a dataset" in said
    manifest = folder.parent / "options.json"
    manifest.write_text(json.dumps({"command_unknown.csv": {"direction": "maximize", "metric": "gain"}}))
    whole = done(live_service, str(folder), *how, "--per-file", str(manifest), "--format", "json")
    assert whole.exit_code == 0, whole.output
    studies = {study["name"]: study for study in json.loads(whole.stdout)["studies"]}
    assert {name: (study["direction"], study["outcome"]) for name, study in studies.items()} == {
        "command_lgb_1": ("minimize", "unchanged"),
        "command_lgb_2": ("minimize", "unchanged"),
        "command_svm": ("maximize", "unchanged"),
        "command_unknown": ("maximize", "new"),
    }
    other = done(live_service, str(folder), *how, "--direction", "command_unknown.csv=minimize")
    assert other.exit_code == 8
    said = " ".join(other.stdout.split())
    assert "command_unknown.csv" in said
    assert "filed under gain (maximize)" in said
    assert f"warmtune forget {studies['command_unknown']['study_id']}" in said


def test_a_single_file_takes_its_own_options_too(live_service: LiveService, tmp_path: Path) -> None:
    path = tmp_path / "command_single.csv"
    path.write_text(runs(5, "loss"))
    how = ("--kind", "binary", "--direction", "maximize", "--direction", "*_single.csv=minimize")
    single = done(live_service, str(path), *how, "--format", "json")
    assert json.loads(single.stdout)["studies"][0]["direction"] == "minimize"


def test_a_folder_of_pictures_names_them(live_service: LiveService, tmp_path: Path) -> None:
    (tmp_path / "plot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    refused = done(live_service, str(tmp_path))
    assert refused.exit_code == 2
    assert "skipped plot.png: a picture, a model or an array" in refused.stderr


def test_options_are_read_by_pattern(tmp_path: Path) -> None:
    manifest = tmp_path / "options.json"
    manifest.write_text('{"a*": {"metric": "gain"}, "b=c*": {"objective": 1}}')
    given = {"direction": ["maximize", "a*=minimize"], "kind": ["b=c*=binary"], "objective": [], "metric": ["a*=loss"]}
    said = said_of_files(given, manifest)
    assert said.of_all == {"direction": Direction.MAXIMIZE}
    assert said.per_file == {
        "a*": {"metric": "loss", "direction": Direction.MINIMIZE},
        "b=c*": {"objective": 1, "kind": TaskKind.BINARY},
    }


@pytest.mark.parametrize(
    ("given", "manifest"),
    [
        ({"direction": ["up"]}, None),
        ({"direction": ["minimize", "maximize"]}, None),
        ({"kind": ["a*=ternary"]}, None),
        ({"objective": ["a*=-1"]}, None),
        ({}, "[1]"),
        ({}, '{"a": 1}'),
        ({}, "{"),
    ],
)
def test_mistakes_in_options_are_refused(tmp_path: Path, given: dict[str, list[str]], manifest: str | None) -> None:
    path = None
    if manifest is not None:
        path = tmp_path / "options.json"
        path.write_text(manifest)
    with pytest.raises(InvalidInputError) as refused:
        said_of_files(given, path)
    assert refused.value.field in (*given, "per_file")
