"""Folders of tables: what their ``manifest.json`` says of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metafeatures.manifest import read_manifest
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind


@dataclass(frozen=True, slots=True)
class Dataset:
    """One entry of a folder's ``manifest.json``.

    Attributes:
        name: Unique in the folder.
        path: Its Parquet file.
        kind: What is predicted.
        target: Its target column.
        n_rows: Rows.
        n_features: Columns besides the target.
        n_classes: Classes; 1 for numbers.
        source: Where the table is from, as the manifest says it; may be empty.
    """

    name: str
    path: Path
    kind: TaskKind
    target: str
    n_rows: int
    n_features: int
    n_classes: int
    source: str = ""

    def size(self, max_rows: int) -> float:
        """Cells that are used, in units of 1,000 rows and 15 columns, by which small ones go first."""
        return min(self.n_rows, max_rows) / 1_000 * self.n_features / 15


def read_datasets(folder: Path, *, leave_out: Iterable[str] = ()) -> list[Dataset]:
    """The datasets that a folder's manifest lists, by name.

    Raises:
        InvalidInputError: No manifest, or an entry that lacks a field, or a name that is there twice.
    """

    def read(entry: Mapping[str, Any]) -> Dataset:
        return Dataset(
            entry["name"],
            folder / entry["file"],
            TaskKind(entry["task"]),
            entry["target"],
            int(entry["n_rows"]),
            int(entry["n_features"]),
            int(entry.get("n_classes") or 1),
            str(entry.get("source") or ""),
        )

    left_out = set(leave_out)
    datasets: dict[str, Dataset] = {}
    for index, dataset in enumerate(read_manifest(folder, read)):
        if dataset.name in datasets:
            raise InvalidInputError(
                f"the manifest has {dataset.name!r} twice", field=f"manifest.{index}.name", value=dataset.name
            )
        datasets[dataset.name] = dataset
    return [datasets[name] for name in sorted(datasets) if name not in left_out]
