"""Rows and targets of a request as tables."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from maml.task_models.encoder import MAX_MAGNITUDE
from maml.task_models.task_model import DatasetToFit
from service.neural.sizes import check_size
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.wire.base import WireValue

Rows = list[list[WireValue]]
Targets = list[bool | int | float | str]


def labelled(table: pd.DataFrame, targets: Targets, kind: str) -> tuple[list[WireValue] | None, DatasetToFit]:
    """A table with its target, and the classes in the order of their numbers, or None for numbers.

    Raises:
        InvalidInputError: On texts for a regression, a number that is too large, or a single class.
    """
    check_magnitudes(targets, "support.targets")
    if kind == "regression":
        for index, target in enumerate(targets):
            if isinstance(target, str):
                raise InvalidInputError(
                    "numbers are needed for a regression",
                    field=f"support.targets.{index}",
                    value=target,
                    limit="numbers",
                )
        return None, DatasetToFit(table, np.array(targets, dtype=np.float64), 0)
    different = {_identity(target): target for target in reversed(targets)}  # of equal ones the first
    found: list[WireValue] = [different[identity] for identity in sorted(different)]
    if len(found) < 2:
        raise InvalidInputError("the targets are of one class only", field="support.targets", value=found, limit=2)
    numbers = {identity: number for number, identity in enumerate(sorted(different))}
    known = np.array([numbers[_identity(target)] for target in targets], dtype=np.float64)
    return found, DatasetToFit(table, known, len(found))


def _identity(label: bool | int | float | str) -> tuple[bool, bool, float, str]:
    """What equal labels share, in the order of classes: numbers, booleans, texts; to Python True is 1."""
    if isinstance(label, str):
        return True, False, 0.0, label
    return False, isinstance(label, bool), label, ""


def tables_of(rows: Rows, wanted: Rows, *, max_columns: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both as tables of the same columns: a column with a text is nominal throughout.

    Raises:
        InvalidInputError: On rows of another length than the first, or a number that is too large.
        LimitExceededError: On more columns than are allowed.
    """
    width = len(rows[0])
    for field, part in (("support.rows", rows), ("query.rows", wanted)):
        for index, row in enumerate(part):
            if len(row) != width or width < 1:
                raise InvalidInputError(
                    "all rows must have the same number of cells",
                    field=f"{field}.{index}",
                    value=len(row),
                    limit=max(width, 1),
                )
    check_size("support.rows.0", width, max_columns)
    for field, part in (("support.rows", rows), ("query.rows", wanted)):
        for index, row in enumerate(part):
            check_magnitudes(row, f"{field}.{index}")
    known, others = {}, {}
    for column in range(width):
        cells, asked = [row[column] for row in rows], [row[column] for row in wanted]
        dtype = object if any(isinstance(cell, str) for cell in cells) else np.float64
        if dtype is object:
            known[column], others[column] = pd.Series(cells, dtype=object), pd.Series(asked, dtype=object)
        else:
            known[column] = pd.Series([np.nan if cell is None else float(cell) for cell in cells], dtype=np.float64)
            others[column] = pd.Series(asked, dtype=object)  # a text is read as a number, if it is one
    return pd.DataFrame(known), pd.DataFrame(others)


def check_magnitudes(values: Sequence[WireValue], field: str, *, below: str = "") -> None:
    """Refuse numbers that are too large; integers may have more digits than a float holds.

    Args:
        values: What is not a number is not looked at.
        field: Where the list of them stands in the request.
        below: Where in an item of that list they stand, with a dot before it.

    Raises:
        InvalidInputError: Naming the first.
    """
    for index, value in enumerate(values):
        if isinstance(value, int | float) and not -MAX_MAGNITUDE <= value <= MAX_MAGNITUDE:
            raise InvalidInputError(
                "a number is too large to compute with",
                field=f"{field}.{index}{below}",
                value=value,
                limit=f"within ±{MAX_MAGNITUDE:g}",
            )
