"""What is known of imported studies' datasets: described on this machine, or meta-features that are there already."""

import json
import math
from pathlib import Path
from typing import Final

from warmtune.tables.description import describe_task
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.task import MetaFeatures, TaskKind

ALL_TASKS: Final = "*"
"""In place of a task's name: what is known of all that are not named."""

_NAMES = ("task", "name", "dataset")


def described_table(data: Path, target: str, *, kind: TaskKind | None) -> TaskDescription:
    """One dataset.

    Raises:
        InvalidTableError: If it is no task.
        MissingExtraError: Without ``warmtune[local]``.
    """
    return describe_task(data, target, kind=kind, name=data.stem)


def described_folder(folder: Path, target: str | None) -> dict[str, TaskDescription]:
    """The datasets of a folder by name; a ``manifest.json`` there may name files and targets.

    Raises:
        InvalidInputError: If there is none.
        MissingExtraError: Without ``warmtune[local]``.
    """
    try:
        from metafeatures.batch import table_jobs  # noqa: PLC0415  # an extra, and heavy
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f'describing tables on this machine needs {error.name}: pip install "warmtune[local]"'
        ) from error
    found = table_jobs(folder, target)
    return {job.name: describe_task(job.path, job.target, kind=job.kind, name=job.name) for job in found}


def read_meta_features(path: Path, *, kind: TaskKind | None) -> dict[str, TaskDescription]:
    """Meta-features by the dataset's name: a JSON object of objects, or a CSV or Parquet table with a row for each.

    Cells that are no finite number are gaps; a table's column ``task``, ``name`` or ``dataset`` has the names, and a
    column ``kind`` may say the kind of task.

    Raises:
        InvalidInputError: If it is no such thing, or the kind of a task is not known.
        MissingExtraError: If pyarrow, which reads tables, is not installed.
    """
    rows = _json_rows(path) if path.suffix == ".json" else _table_rows(path)
    return {name: _description(name, row, kind, path) for name, row in rows.items()}


def _description(name: str, row: dict[str, object], kind: TaskKind | None, path: Path) -> TaskDescription:
    said = row.get("kind")
    try:
        own = TaskKind(str(said)) if said else kind
    except ValueError as error:
        raise InvalidInputError(
            f"{said!r} is not a kind of task", field="kind", value=said, limit=", ".join(TaskKind)
        ) from error
    if own is None:
        raise InvalidInputError(f"the kind of task {name!r} is not known: pass --kind", field="kind", value=name)
    values = {key: float(value) for key, value in row.items() if is_finite_number(value)}
    return TaskDescription(own, MetaFeatures(values, version=path.stem[:100] or "foreign"), name=name)


def _json_rows(path: Path) -> dict[str, dict[str, object]]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"can't read {path}: {error}", field="meta_features", value=str(path)) from error
    if not isinstance(body, dict) or not all(isinstance(row, dict) for row in body.values()):
        raise InvalidInputError(
            "meta-features are a JSON object of objects, by the dataset's name", field="meta_features", value=str(path)
        )
    return body


def _table_rows(path: Path) -> dict[str, dict[str, object]]:
    try:
        from metafeatures.reading import read_table  # noqa: PLC0415  # an extra, and heavy
    except ModuleNotFoundError as error:
        raise MissingExtraError(f'reading tables needs {error.name}: pip install "warmtune[local]"') from error
    table = read_table(path)
    key = next((name for name in _NAMES if name in table.column_names), None)
    if key is None:
        raise InvalidInputError(
            f"no column of {path.name} names the dataset", field="meta_features", limit=", ".join(_NAMES)
        )
    rows = table.to_pylist()
    return {str(row.pop(key)): {name: _cell(value) for name, value in row.items()} for row in rows}


def _cell(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
