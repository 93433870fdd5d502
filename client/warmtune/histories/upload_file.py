"""A history as one file to send: as it is, as a consistent copy of a live database, or a folder as a zip."""

import os
import sqlite3
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from warmtune.histories.folder_files import NOT_SENT, files_to_send
from warmtune.histories.mlflow_server import fetch_runs
from warmtune.histories.optuna_storage import copy_storage
from warmtune.histories.table_heads import why_kept_back
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.history import HistoryUpload
from warmtune.vocabulary.paths import path_text, readable

MAX_FILES: Final = 1_000_000
_NAMED: Final = 10
"""So many files that are skipped for one reason are named, before they are counted."""
_SMALL_BYTES: Final = 2_048
_SQLITE = b"SQLite format 3\x00"


@contextmanager
def packed(
    source: str | os.PathLike[str], *, keep_tag: str | None = None, columns: Collection[str] = ()
) -> Iterator[HistoryUpload]:
    """A history as a file that can be sent, for as long as the context lasts.

    Args:
        source: A file; a folder; the URL of an Optuna storage (``sqlite:///optuna.db``, ``postgresql://...``) or of an
            MLflow tracking server (``http://...``).
        keep_tag: A tag of MLflow's own that names datasets or studies.
        columns: Of tables of trials, as the caller names them: with any, tables of a folder are not judged.

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
        with readable(text, "source"):
            path = Path(text).expanduser()
            if path.is_dir():
                upload = _zipped(path, scratch / f"{path.resolve().name}.zip", keep_tag, may_judge=not columns)
            elif path.is_file():
                upload = _consistent(path, scratch)
            else:
                raise InvalidInputError(f"there is no file or folder {text}", field="source", value=text)
        yield upload


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


def _zipped(folder: Path, target: Path, keep_tag: str | None, *, may_judge: bool) -> HistoryUpload:
    """A folder's files under their relative names; what leads out of it or may be a dataset is left where it is."""
    kept_back: dict[str, str] = {}
    named_only: dict[str, str] = {}
    n_files = n_whole = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, name in files_to_send(folder.resolve(), keep_tag=keep_tag):
            n_files += 1
            if n_files > MAX_FILES:
                raise LimitExceededError(
                    f"{folder} has more than {MAX_FILES:,} files", field="source", value=str(folder), limit=MAX_FILES
                )
            if path is None:
                named_only[name] = NOT_SENT
                archive.writestr(zipfile.ZipInfo(name), b"")
            elif may_judge and "." in name.rpartition("/")[2] and (why := why_kept_back(Path(path))) is not None:
                kept_back[name] = why
                empty = zipfile.ZipInfo(name)
                empty.comment = why.encode()  # the report names it with the others
                archive.writestr(empty, b"")
            else:
                n_whole += 1
                _add(archive, path, name)
    if not n_whole:
        listed = _in_words(kept_back | named_only)
        raise InvalidInputError(
            f"there is no file in {folder} that can be read: {'; '.join(listed) or 'it is empty'}",
            field="source",
            value=str(folder),
        )
    return HistoryUpload(target, target.name)


def _in_words(kept_back: Mapping[str, str]) -> list[str]:
    """Each reason once, with the files that it is about."""
    by_reason: dict[str, list[str]] = {}
    for name, why in kept_back.items():
        by_reason.setdefault(why, []).append("".join(sign if sign.isprintable() else "?" for sign in name))
    return [
        f"skipped {', '.join(names[:_NAMED])}{f' and {len(names) - _NAMED} more' if len(names) > _NAMED else ''}: {why}"
        for why, names in by_reason.items()
    ]


def _add(archive: zipfile.ZipFile, path: str, name: str) -> None:
    """Add a file; small ones as they are: a store has a file for each value, and packing one takes longer than it."""
    with open(path, "rb") as file:  # noqa: PTH123  # a path object takes longer than reading
        head = file.read(_SMALL_BYTES + 1)
    if len(head) > _SMALL_BYTES:
        archive.write(path, name, zipfile.ZIP_DEFLATED)
    else:
        archive.writestr(zipfile.ZipInfo(name), head)
