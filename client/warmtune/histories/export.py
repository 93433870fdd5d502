"""Stored studies written as what the target's name says."""

import os
from collections.abc import Iterable
from pathlib import Path

from warmtune.histories.metadataset_writer import write_metadataset
from warmtune.histories.optuna_writer import write_optuna
from warmtune.histories.stored_studies import ExportedStudy
from warmtune.histories.table_writer import write_table
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.history import ExportReport
from warmtune.vocabulary.paths import readable

TABLES = (".csv", ".json", ".parquet")
STORAGES = (".db", ".sqlite", ".sqlite3", ".log")
FILES = (*TABLES, *STORAGES)


def write_history(target: str | os.PathLike[str], studies: Iterable[ExportedStudy]) -> ExportReport:
    """Write studies.

    Raises:
        InvalidInputError: If the target is there already, of no known form, or can't be written, or there is no study.
        MissingExtraError: For Parquet without ``warmtune[local]``.
    """
    if not isinstance(target, (str, os.PathLike)) or not isinstance(os.fspath(target), str) or not os.fspath(target):
        raise InvalidInputError("the target must be a path or a URL", field="target", value=target, limit="a new file")
    text = os.fspath(target)
    if "://" in text:
        return write_optuna(text, studies)
    with readable(text, "target"):
        path = Path(text).expanduser()
        is_there = path.exists()
    if is_there:
        raise InvalidInputError(f"{text} already exists", field="target", value=text, limit="a new file or folder")
    if path.suffix in FILES:
        _check_writable(path)
    if path.suffix in TABLES:
        return write_table(path, studies)
    if path.suffix in STORAGES:
        return write_optuna(str(path) if path.suffix == ".log" else f"sqlite:///{path.resolve()}", studies)
    if path.suffix == "":
        return write_metadataset(path, studies)
    raise InvalidInputError(
        f"{text} has an ending that no format uses",
        field="target",
        value=text,
        limit=".db, .log, .csv, .json, .parquet, a URL or a folder",
    )


def _check_writable(path: Path) -> None:
    """Make the folder of a new file, and see whether the file can be made.

    Raises:
        InvalidInputError: If it can't.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)
        path.unlink()
    except (OSError, ValueError) as error:  # the latter on a NUL in the path
        raise InvalidInputError(
            f"{path} can't be written: {error}", field="target", value=str(path), limit="a file that can be made"
        ) from error
