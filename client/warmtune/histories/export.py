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

TABLES = (".csv", ".json", ".parquet")


def write_history(target: str | os.PathLike[str], studies: Iterable[ExportedStudy]) -> ExportReport:
    """Write studies.

    Raises:
        InvalidInputError: If the target is there already, or of no known form, or there is no study.
        MissingExtraError: For Parquet without ``warmtune[local]``.
    """
    text = os.fspath(target)
    if "://" in text:
        return write_optuna(text, studies)
    path = Path(text).expanduser()
    if path.exists():
        raise InvalidInputError(f"{text} already exists", field="target", value=text, limit="a new file or folder")
    if path.suffix in TABLES:
        return write_table(path, studies)
    if path.suffix in (".db", ".sqlite", ".sqlite3", ".log"):
        return write_optuna(str(path) if path.suffix == ".log" else f"sqlite:///{path.resolve()}", studies)
    if path.suffix == "":
        return write_metadataset(path, studies)
    raise InvalidInputError(
        f"{text} has an ending that no format uses",
        field="target",
        value=text,
        limit=".db, .log, .csv, .json, .parquet, a URL or a folder",
    )
