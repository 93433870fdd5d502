"""Datasets of a folder: Parquet tables listed in a ``manifest.json``."""

import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyarrow import ArrowException

from maml.task_models.encoder import TableEncoder, check_magnitude
from maml.task_models.episodes import LabelledTable
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind, check_name


@dataclass(frozen=True, slots=True)
class _Entry:
    """One dataset of the manifest.

    Attributes:
        place: Where it stands there.
        name: Of the dataset.
        file: Of its table, in the folder.
        target: Column.
        task: Its kind.
    """

    place: str
    name: str
    file: str
    target: str
    task: TaskKind

    def refused(self, field: str, message: str, *, value: object = None, limit: object = None) -> InvalidInputError:
        """An error of this dataset."""
        return InvalidInputError(
            f"dataset {self.name!r}: {message}", field=f"{self.place}.{field}", value=value, limit=limit
        )


def read_folder(folder: Path, *, leave_out: Collection[str] = ()) -> Iterator[LabelledTable]:
    """The folder's datasets one by one, in the manifest's order.

    The manifest is a list with ``name``, ``file``, ``target`` and ``task`` (``binary``, ``multiclass`` or
    ``regression``) of each; it is checked before the first table is read.

    Raises:
        InvalidInputError: If the folder has no such manifest, or a table or its target can't be used; naming the
            dataset, and its field in the manifest.
    """
    for entry in _entries(folder):
        if entry.name not in leave_out:
            yield _read(folder, entry)


def labelled_table(name: str, table: pd.DataFrame, target: str, *, is_classes: bool) -> LabelledTable:
    """A dataset whose target is a column of the table; rows without a target are dropped."""
    table = table[table[target].notna()]
    values = table[target]
    numbers = (
        pd.factorize(values.astype(str), sort=True)[0].astype(np.float64)
        if is_classes
        else values.to_numpy(dtype=np.float64)
    )
    return LabelledTable(name, table.drop(columns=target), numbers, is_classes)


def _entries(folder: Path) -> list[_Entry]:
    path = folder / "manifest.json"
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInputError(f"no readable manifest.json: {error}", field="folder", value=str(folder)) from error
    if not isinstance(listed, list):
        raise InvalidInputError("manifest.json must be a list", field="manifest", value=listed, limit="a list")
    entries = [_entry(f"manifest.{index}", item) for index, item in enumerate(listed)]
    known: set[str] = set()
    for entry in entries:
        if entry.name in known:
            raise entry.refused("name", "the manifest has two of this name", value=entry.name, limit="different names")
        known.add(entry.name)
    return entries


def _entry(place: str, item: object) -> _Entry:
    given = item if isinstance(item, dict) else {}
    name = check_name(given.get("name"), field=f"{place}.name")
    for field in ("file", "target", "task"):
        if not isinstance(given.get(field), str):
            raise InvalidInputError(
                f"dataset {name!r}: {field} must be a text",
                field=f"{place}.{field}",
                value=given.get(field),
                limit="text",
            )
    if given["task"] not in list(TaskKind):
        raise InvalidInputError(
            f"dataset {name!r}: there is no such kind of task",
            field=f"{place}.task",
            value=given["task"],
            limit=", ".join(TaskKind),
        )
    return _Entry(place, name, given["file"], given["target"], TaskKind(given["task"]))


def _read(folder: Path, entry: _Entry) -> LabelledTable:
    try:
        table = pd.read_parquet(folder / entry.file)
    except (OSError, ValueError, ArrowException) as error:
        raise entry.refused("file", f"no readable Parquet file: {error}", value=entry.file) from error
    if entry.target not in table.columns:
        raise entry.refused("target", "the table has no such column", value=entry.target)
    if table.shape[1] < 2:
        raise entry.refused("file", "the table has no column beside the target", value=1, limit="at least 2 columns")
    is_classes, known = entry.task.is_classification, table[entry.target].dropna()
    if known.empty:
        raise entry.refused("target", "the target has no value", value=entry.target)
    if not is_classes:
        _check_numbers(entry, known)
    try:
        read = labelled_table(entry.name, table, entry.target, is_classes=is_classes)
        TableEncoder.fit(read.columns)  # refuses what training would, after an hour
    except InvalidInputError as error:
        column = (error.field or "").removeprefix("X.")
        message = f"dataset {entry.name!r}: column {column!r}: {error.message}"
        raise error.placed(f"{entry.place}.file", message) from error
    return read


def _check_numbers(entry: _Entry, target: "pd.Series[float]") -> None:
    """Refuse a target that isn't one of numbers that can be reckoned with."""
    numbers: NDArray[np.float64] | None = None
    is_time = target.dtype.kind in "mM"  # would be taken for nanoseconds, and "1.5" for a number
    is_numeric = pd.api.types.is_numeric_dtype(target.dtype)
    if is_numeric or not (is_time or any(isinstance(value, str) for value in target)):
        with suppress(TypeError, ValueError, OverflowError):
            numbers = np.asarray(target, dtype=np.float64)
    if numbers is None:
        raise entry.refused("target", "a target of numbers has others", value=str(target.dtype), limit="numbers")
    infinite = ~np.isfinite(numbers)
    if infinite.any():
        raise entry.refused("target", "a target must be finite", value=numbers[infinite][0], limit="finite number")
    try:
        check_magnitude(numbers, field="target")
    except InvalidInputError as error:
        raise entry.refused("target", error.message, value=float(np.abs(numbers).max()), limit=error.limit) from error
