"""Paths, trials and switches that are none are refused by name."""

from collections.abc import Callable
from pathlib import Path

import optuna
import pytest

import warmtune
from warmtune.client import Client
from warmtune.histories.export import write_history
from warmtune.histories.upload_file import packed
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.tables.description import pack_table, task_from_data
from warmtune.tuning.model_folder import load_model
from warmtune.tuning.tables import read_training_table
from warmtune.vocabulary.dataset import NO_HINTS
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.paths import path_text

SPACE = {"x": optuna.distributions.FloatDistribution(0.0, 1.0)}


@pytest.mark.parametrize("path", [None, 3, ["model"], 1.5])
def test_what_is_no_path_is_refused_by_its_field(path: object) -> None:
    with pytest.raises(InvalidInputError, match="folder must be a path") as refused:
        load_model(path)  # type: ignore[arg-type]
    assert refused.value.field == "folder"
    with pytest.raises(InvalidInputError, match="source must be a path") as refused, packed(path):  # type: ignore[arg-type]
        pass
    assert refused.value.field == "source"


def test_a_path_with_nul_is_refused_and_others_are_taken() -> None:
    with pytest.raises(InvalidInputError, match="NUL"):
        path_text("a\0b", "folder")
    assert path_text(Path("a") / "b", "folder") == str(Path("a") / "b")
    assert path_text("a", "folder") == "a"


def test_suggest_refuses_what_is_no_trial() -> None:
    with pytest.raises(InvalidInputError, match="trial must be an Optuna trial") as refused:
        warmtune.suggest(None, SPACE)  # type: ignore[arg-type]
    assert refused.value.field == "trial"
    assert warmtune.suggest(optuna.trial.FixedTrial({"x": 0.5}), SPACE) == {"x": 0.5}


@pytest.mark.parametrize(
    "read",
    [
        lambda path: warmtune.describe_task(Path(path), "y"),
        lambda path: Client("http://127.0.0.1:9").import_history(path),
        warmtune.load_model,
        lambda path: Client("http://127.0.0.1:9").put_neural_model("own", path),
        lambda path: read_training_table(Path(path), "y", NO_HINTS),
    ],
)
@pytest.mark.parametrize("path", ["a" * 300, f"b/{'a' * 300}.csv", "\udc80.csv/x", f"{__file__}/x"])
def test_what_the_file_system_refuses_is_an_error_of_the_family(read: Callable[[str], object], path: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(path)
    assert refused.value.field in ("file", "source", "model", "init", "data")


@pytest.mark.parametrize("path", ["a" * 300, f"b/{'a' * 300}.csv", "~no-such-user-here/a.csv"])
def test_an_export_can_not_be_written_to_what_the_file_system_refuses(path: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        write_history(path, [])
    assert refused.value.field == "target"


def test_a_home_that_nobody_has_is_named() -> None:
    with pytest.raises(InvalidInputError, match="home") as refused, packed("~no-such-user-here/optuna.db"):
        pass
    assert refused.value.field == "source"


@pytest.mark.parametrize("upload", ["no", 1, None])
def test_upload_is_a_switch(upload: object) -> None:
    with pytest.raises(InvalidInputError, match="upload is True or False") as refused:
        task_from_data([[0.0], [1.0]] * 10, [0, 1] * 10, upload=upload)  # type: ignore[arg-type]
    assert refused.value.field == "upload"


@pytest.mark.parametrize("report", ["no", 0, None])
def test_a_sampler_refuses_a_switch_that_only_counts_as_one(report: object) -> None:
    X, y = [[0.0], [1.0], [2.0], [3.0]] * 5, [0, 1, 0, 1] * 5
    with pytest.raises(InvalidInputError, match="report is True or False") as refused:
        WarmtuneSampler("http://127.0.0.1:9", X, y, search_space=SPACE, report=report)  # type: ignore[arg-type]
    assert refused.value.field == "report"


@pytest.mark.parametrize("text", ["data.csv", "tables/data.PARQUET", "C:\\tables\\data", "book.xlsx", "a.tar.gz"])
@pytest.mark.parametrize(
    "call",
    [
        lambda client, text: client.recommend(text, SPACE),
        lambda client, text: client.suggestions_for(text, SPACE),
        lambda client, text: client.neighbours(text),
        lambda client, text: client.get_task(text),
        lambda client, text: client.delete_task(text),
        lambda client, text: client.create_study(text, SPACE),
    ],
)
def test_a_path_for_a_task_says_how_a_file_is_described(call: Callable[[Client, str], object], text: str) -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(InvalidInputError, match="describe_task") as refused:
        call(client, text)
    assert refused.value.field in ("task", "task_id")
    assert refused.value.value == repr(text)


@pytest.mark.parametrize(
    "read",
    [
        lambda folder: warmtune.describe_task(folder, "y"),
        lambda folder: pack_table(folder, "y"),
        lambda folder: task_from_data(folder, "y", upload=True),
        lambda folder: read_training_table(folder, "y", NO_HINTS),
    ],
)
def test_a_folder_in_the_place_of_a_file_is_called_one(read: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is a folder") as refused:
        read(tmp_path)
    assert refused.value.value == repr(str(tmp_path))
