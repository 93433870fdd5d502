"""Data in memory as CSV, with the standard library alone: for uploads where pyarrow is not installed."""

import csv
import io
from collections.abc import Iterable, Mapping

from warmtune.tables.cells import Frame, is_missing
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.spelling import did_you_mean

_TARGET = "target"


def csv_content(data: object, y: object) -> tuple[bytes, str]:
    """A dataset as the bytes of a CSV file, and its target's name; missing values become empty fields.

    Args:
        data: A data frame, a dictionary of columns, a list of records, or a two-dimensional array (or list of rows),
            whose columns are then called x0, x1 ...
        y: The target: as many values as rows, or the name of a column of a data frame.

    Raises:
        InvalidInputError: On anything else, or on columns of different lengths.
    """
    columns = _columns(data)
    if isinstance(y, str):
        if y not in columns:
            raise InvalidInputError(
                f"there is no column {y!r}{did_you_mean(y, columns)}",
                field="y",
                value=y,
                limit=f"one of {list(columns)[:20]}",
            )
        target = y
    else:
        target = _free_name(str(getattr(y, "name", None) or _TARGET), columns)
        columns[target] = _values(y, field="y")
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1 or not columns:
        raise InvalidInputError("X and y must have the same number of rows", field="y", value=sorted(lengths))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode(), target


def _columns(data: object) -> dict[str, list[object]]:
    if isinstance(data, Frame):
        names = list(data.columns)
        columns = {str(name): _values(data[name], field=f"X.{name}") for name in names}
        if len(columns) < len(names):
            raise InvalidInputError("the columns of X must have distinct names", field="X", value=names)
        return columns
    if isinstance(data, Mapping):
        return {str(name): _values(column, field=f"X.{name}") for name, column in data.items()}
    rows = _values(data, field="X")
    if rows and all(isinstance(row, Mapping) for row in rows):
        records = [row for row in rows if isinstance(row, Mapping)]
        keys = dict.fromkeys(name for record in records for name in record)
        return {str(n): _values([record.get(n) for record in records], field=f"X.{n}") for n in keys}
    table = [row for row in rows if isinstance(row, (list, tuple))]
    if not table or len(table) < len(rows) or len({len(row) for row in table}) > 1:
        raise InvalidInputError("X must be a data frame or a table of rows", field="X", value=type(data).__name__)
    return {f"x{i}": _values(column, field=f"X.{i}") for i, column in enumerate(zip(*table, strict=True))}


def _values(column: object, *, field: str) -> list[object]:
    """A column's values as plain Python ones."""
    listed = column.tolist() if hasattr(column, "tolist") else column
    if not isinstance(listed, Iterable) or isinstance(listed, (str, bytes)):
        raise InvalidInputError("at least one column is needed", field=field, value=column)
    return [None if is_missing(value) else value for value in listed]


def _free_name(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    while name in names:
        name += "_"
    return name
