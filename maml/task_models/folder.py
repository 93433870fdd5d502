"""Datasets of a folder: Parquet tables listed in a ``manifest.json``."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from maml.task_models.episodes import LabelledTable
from warmtune.errors import InvalidInputError


def read_folder(folder: Path, *, leave_out: Collection[str] = ()) -> Iterator[LabelledTable]:
    """The folder's datasets one by one, in the manifest's order.

    The manifest is a list with ``name``, ``file``, ``target`` and ``task`` (``binary``, ``multiclass`` or
    ``regression``) of each.

    Raises:
        InvalidInputError: If the folder has no such manifest.
    """
    try:
        entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        known = [(str(e["name"]), str(e["file"]), str(e["target"]), str(e["task"])) for e in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(f"no readable manifest.json: {error}", field="folder", value=str(folder)) from error
    for name, file, target, task in known:
        if name not in leave_out:
            yield labelled_table(name, pd.read_parquet(folder / file), target, is_classes=task != "regression")


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
