"""A history as one file to send: as it is, as a consistent copy of a live database, or a folder as a zip."""

import os
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from warmtune.histories.mlflow_server import fetch_runs
from warmtune.histories.optuna_storage import copy_storage
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.history import HistoryUpload
from warmtune.vocabulary.paths import path_text

MAX_FILES: Final = 1_000_000
_SQLITE = b"SQLite format 3\x00"


@contextmanager
def packed(source: str | os.PathLike[str]) -> Iterator[HistoryUpload]:
    """A history as a file that can be sent, for as long as the context lasts.

    Args:
        source: A file; a folder; the URL of an Optuna storage (``sqlite:///optuna.db``, ``postgresql://...``) or of an
            MLflow tracking server (``http://...``).

    Raises:
        InvalidInputError: If there is no such thing, or it can't be read.
        LimitExceededError: On a folder of too many files.
    """
    text = path_text(source, "source")
    if text.startswith("sqlite:///"):
        text = text.removeprefix("sqlite:///")
    with TemporaryDirectory(prefix="warmtune-import-") as directory:
        scratch = Path(directory)
        if text.startswith(("http://", "https://")):
            yield fetch_runs(text, scratch / "runs.json")
            return
        if "://" in text:
            yield copy_storage(text, scratch / "storage.log")
            return
        path = Path(text).expanduser()
        if path.is_dir():
            yield _zipped(path, scratch / f"{path.resolve().name}.zip")
        elif path.is_file():
            yield _consistent(path, scratch)
        else:
            raise InvalidInputError(f"there is no file or folder {text}", field="source", value=text)


def _consistent(path: Path, scratch: Path) -> HistoryUpload:
    """A file as it is; of an SQLite file that somebody may be writing to, a copy of one moment."""
    with path.open("rb") as file:
        is_sqlite = file.read(len(_SQLITE)) == _SQLITE
    if is_sqlite and any(path.with_name(path.name + ending).exists() for ending in ("-wal", "-journal")):
        target = scratch / path.name
        try:
            with (
                closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as live,
                closing(sqlite3.connect(target)) as copy,
            ):
                live.backup(copy)
        except sqlite3.DatabaseError as error:
            raise InvalidInputError(f"{path} can't be copied: {error}", field="source", value=str(path)) from error
        return HistoryUpload(target, path.name)
    return HistoryUpload(path, path.name)


def _zipped(folder: Path, target: Path) -> HistoryUpload:
    """A folder's files under their relative names; links that lead out of it are left where they are."""
    root = folder.resolve()
    n_files = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(root.rglob("*")):
            if not path.is_file() or not path.resolve().is_relative_to(root):
                continue
            n_files += 1
            if n_files > MAX_FILES:
                raise LimitExceededError(
                    f"{folder} has more than {MAX_FILES:,} files", field="source", value=str(folder), limit=MAX_FILES
                )
            archive.write(path, path.relative_to(root).as_posix())
    if not n_files:
        raise InvalidInputError(f"there is no file in {folder}", field="source", value=str(folder))
    return HistoryUpload(target, target.name)
