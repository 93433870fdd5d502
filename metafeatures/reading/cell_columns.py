"""Columns from cells that came one by one, as Python's own values."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
from pyarrow import types as pt

from metafeatures.cells.structs import nested_cell, struct_of
from warmtune.vocabulary.notice import Notice

_NESTED: Final = frozenset({dict, list})


def column_of(name: str, cells: Sequence[object]) -> pa.Array:
    """An Arrow array of cells: numbers, booleans, dates or texts where all are such, else texts.

    None is a null; whole numbers beyond 64 bits become floats, and truth values among numbers 1 and 0. Where all cells
    are objects, they stay objects, and lists lists where Arrow knows a type for them.

    Args:
        name: The column's, for messages.
        cells: Of it.

    Raises:
        InvalidTableError: On lists or objects among other cells, naming the first.
    """
    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds:
        return pa.nulls(len(cells))
    if kinds == {dict}:
        return struct_of(name, cells, column_of)
    if kinds <= {bool, int, float} and kinds != {bool}:
        return _numbers(cells, is_whole=float not in kinds)
    if kinds & _NESTED and (len(kinds) > 1 or not _is_typed(cells)):
        row = next(k for k, cell in enumerate(cells, start=1) if type(cell) in _NESTED)
        raise nested_cell(name, row, cells[row - 1])
    if kinds <= {dt.date, dt.datetime} and len(kinds) == 2:
        cells = [dt.datetime.combine(c, dt.time()) if type(c) is dt.date else c for c in cells]
    elif len(kinds) > 1:
        return pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())
    try:
        return pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeEncodeError):
        return pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())


def _is_typed(cells: Sequence[object]) -> bool:
    """Whether Arrow has a type for cells."""
    try:
        pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return False
    return True


def as_pandas(table: pa.Table) -> tuple[pa.Table, tuple[Notice, ...]]:
    """The table of a file without types of columns as pandas reads it: truth values with gaps as 1 and 0.

    A frame of such a file holds 1.0, 0.0 and NaN, and nothing says that they were truth values; it is to be the same
    table as the file.
    """
    notices = []
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pt.is_boolean(field.type) and 0 < column.null_count < len(column):
            table = table.set_column(place, field.name, column.cast(pa.int8()).cast(pa.float64()))
            words = f"column {field.name!r} holds true and false with gaps: taken as 1 and 0"
            notices.append(Notice("gappy_booleans", words, column=field.name))
    return table, tuple(notices)


def _numbers(cells: Sequence[object], *, is_whole: bool) -> pa.Array:
    if is_whole:
        try:
            return pa.array([None if cell is None else _as_integer(cell) for cell in cells], pa.int64())
        except (OverflowError, pa.ArrowInvalid):
            pass
    return pa.array([None if cell is None else _as_float(cell) for cell in cells], pa.float64())


def _as_integer(cell: object) -> int:
    return cell if isinstance(cell, int) and not isinstance(cell, bool) else int(bool(cell))


def _as_float(cell: object) -> float:
    try:
        return float(cell) if isinstance(cell, (int, float)) else float("nan")
    except OverflowError:  # an integer of hundreds of digits
        return float("inf")


def _text(cell: object) -> str:
    if type(cell) is dt.date:  # a frame of the same cells holds moments
        cell = dt.datetime.combine(cell, dt.time())
    text = cell if isinstance(cell, str) else str(cell)
    return text.encode("utf-8", errors="replace").decode("utf-8")  # lone surrogates can't be kept
