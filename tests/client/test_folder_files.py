"""What of a folder is sent to be imported."""

import zipfile
from pathlib import Path

import pytest

from warmtune.histories.upload_file import packed
from warmtune.vocabulary.errors import InvalidInputError


def sent(folder: Path, files: dict[str, str], *, keep_tag: str | None = None) -> dict[str, bytes]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with packed(folder, keep_tag=keep_tag) as upload, zipfile.ZipFile(upload.content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


STORE = {
    "0/meta.yaml": "experiment_id: '0'",
    "0/run/meta.yaml": "run_id: run",
    "0/run/params/depth": "3",
    "0/run/params/long": "x" * 5_000,
    "0/run/tags/dataset": "houses",
    "0/run/tags/mlflow.user": "somebody",
    "0/run/tags/mlflow.parentRunId": "parent",
    "0/run/artifacts/model/model.txt": "gigabytes",
    "0/models/m-1/meta.yaml": "model_id: m-1",
    ".trash/1/meta.yaml": "experiment_id: '1'",
}
TRIALS = "number,x,accuracy"
READ = ("0/meta.yaml", "0/run/meta.yaml", "0/run/params/depth", "0/run/params/long", "0/run/tags/dataset")


def test_of_a_file_store_only_what_is_read_is_sent(tmp_path: Path) -> None:
    found = sent(tmp_path / "mlruns", STORE)
    assert set(found) == {*READ, "0/run/tags/mlflow.parentRunId"}
    assert found["0/run/params/long"] == b"x" * 5_000


def test_an_own_tag_that_names_datasets_is_sent(tmp_path: Path) -> None:
    assert sent(tmp_path / "mlruns", STORE, keep_tag="mlflow.user")["0/run/tags/mlflow.user"] == b"somebody"


def test_of_fitted_models_only_the_name_is_sent(tmp_path: Path) -> None:
    found = sent(tmp_path / "results", {"a/result.json": "{}", "a/params.pkl": "pickle", "a/checkpoint_1/x.txt": "y"})
    assert found == {"a/result.json": b"{}", "a/params.pkl": b""}


def test_a_folder_of_models_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no file in"):
        sent(tmp_path / "models", {"model.pkl": "pickle"})


def test_links_that_lead_out_stay(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret")
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "out.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "within.csv").symlink_to(folder / "a.csv")
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    (folder / "dangling.csv").symlink_to(folder / "gone.csv")
    assert sent(folder, {"a.csv": TRIALS}) == {"a.csv": TRIALS.encode(), "within.csv": TRIALS.encode()}
