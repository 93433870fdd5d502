"""Columns whose cells are objects with names: each part as a column of its own, whichever way the table came."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import types as pt

from metafeatures.cells.nesting import DEEPEST, too_deep
from metafeatures.cells.typed_values import untyped
from metafeatures.limits import DEFAULT_LIMITS
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

SEPARATOR: Final = "."
"""Between a column's name and that of its part, as in pandas' ``json_normalize``."""

Leaf = Callable[[str, Sequence[object]], pa.Array]


def spread(
    names: Sequence[str], columns: Sequence[pa.ChunkedArray], *, kept: Collection[str]
) -> tuple[list[str], list[pa.ChunkedArray], tuple[Notice, ...]]:
    """Columns of objects as columns of their parts, objects inside them too: ``m.a`` and ``m.b`` of ``m``.

    Args:
        names: Of the columns.
        columns: Of any type.
        kept: Names of columns to leave as they are.

    Returns:
        Names and columns, the parts in the place of their object, and a notice of each object.

    Raises:
        LimitExceededError: On more columns than are allowed.
    """
    found: list[tuple[str, pa.ChunkedArray]] = []
    notices = []
    for name, column in zip(names, columns, strict=True):
        if not pt.is_struct(column.type) or name in kept:
            found.append((name, column))
            continue
        plain = untyped(column)
        if plain is not None:
            found.append((name, plain))
            words = f"column {name!r} holds values with their types, as databases export them: read as plain values"
            notices.append(Notice("typed_values", words, column=name))
            continue
        parts = _parts(name, column, room=DEFAULT_LIMITS.max_columns)
        found.extend(parts)
        listed = ", ".join(repr(part) for part, _ in parts[:5]) + (", ..." if len(parts) > 5 else "")
        words = f"column {name!r} holds objects: their parts are columns of their own, {listed}"
        notices.append(Notice("spread_objects", words, column=name, count=len(parts)))
    DEFAULT_LIMITS.check_shape(0, len(found))
    return [name for name, _ in found], [column for _, column in found], tuple(notices)


def struct_of(name: str, cells: Sequence[object], leaf: Leaf) -> pa.StructArray:
    """An Arrow array of mappings whose parts may be of mixed types, which Arrow by itself refuses.

    Args:
        name: The column's, for messages.
        cells: Mappings, None where missing.
        leaf: Makes an array of the name and the cells of a part that doesn't only hold mappings.

    Raises:
        InvalidTableError: On mappings in mappings deeper than any table's.
        LimitExceededError: On more parts than columns are allowed, in this mapping and those inside it.
    """
    DEFAULT_LIMITS.check_shape(len(cells), len(part_names(cells, name)))
    return _struct(name, cells, leaf)


def nested_cell(name: str, row: int, cell: object) -> InvalidTableError:
    """The refusal of a cell that holds several values where others hold one.

    Args:
        name: The column's.
        row: From 1.
        cell: What it holds.
    """
    return InvalidTableError(
        f"column {name!r} holds {with_article(type(cell).__name__)} in row {row}: put each part into a column of its "
        "own, or leave the column out",
        field=f"file.{name}",
        value=cell,
        limit="one value in each cell",
    )


def part_names(cells: Iterable[object], name: str | None = None) -> set[tuple[str, ...]]:
    """The paths of all parts of mappings, those inside mappings too.

    Args:
        cells: Mappings, or anything else, which has no parts.
        name: Of the column that they are the cells of; None where they are whole rows.

    Raises:
        InvalidTableError: On mappings in mappings deeper than any table's.
        LimitExceededError: As soon as there are more than columns are allowed.
    """
    found = set[tuple[str, ...]]()
    for cell in cells:
        waiting: list[tuple[tuple[str, ...], object]] = [((), cell)]
        while waiting:
            path, part = waiting.pop()
            if len(path) > DEEPEST + (name is None):
                raise too_deep(path[0] if name is None else name)
            if isinstance(part, Mapping):
                waiting.extend(((*path, str(key)), inner) for key, inner in part.items())
            elif path not in found:
                found.add(path)
                DEFAULT_LIMITS.check_shape(0, len(found))
    return found


def _struct(name: str, cells: Sequence[object], leaf: Leaf) -> pa.StructArray:
    held = _held(cells)
    parts = []
    for part_name, (rows, values) in held.items():
        path = f"{name}{SEPARATOR}{part_name}"
        if values and all(isinstance(value, Mapping) for value in values):
            part: pa.Array = _struct(path, values, leaf)
        else:
            part = _leaf(path, rows, values, leaf, n_rows=len(cells))
        parts.append(_at_rows(part, rows, n_rows=len(cells)) if len(part) < len(cells) else part)
    missing = pa.array([cell is None for cell in cells], pa.bool_())
    return pa.StructArray.from_arrays(parts, list(held), mask=missing)


def _held(cells: Sequence[object]) -> dict[str, tuple[list[int], list[object]]]:
    """Rows and values of each part that isn't missing: of thousands of parts a row may hold a few only."""
    held: dict[str, tuple[list[int], list[object]]] = {}
    for row, cell in enumerate(cells):
        for part_name, value in (
            {str(key): part for key, part in cell.items()} if isinstance(cell, Mapping) else {}
        ).items():
            rows, values = held.setdefault(part_name, ([], []))
            if value is not None:
                rows.append(row)
                values.append(value)
    return held


def _leaf(path: str, rows: Sequence[int], values: Sequence[object], leaf: Leaf, *, n_rows: int) -> pa.Array:
    """An array of the values, or of all rows: where the values are refused by their row, it must be that of the table.

    Raises:
        InvalidTableError: What `leaf` raises.
    """
    if values:
        try:
            return leaf(path, values)
        except InvalidTableError:
            pass  # it is raised again, with the right row
    by_row = dict(zip(rows, values, strict=True))
    return leaf(path, [by_row.get(row) for row in range(n_rows)])


def _at_rows(part: pa.Array, rows: Sequence[int], *, n_rows: int) -> pa.Array:
    """Values at their rows, nulls at the others."""
    places = np.zeros(n_rows, np.int64)
    is_missing = np.ones(n_rows, np.bool_)
    places[rows] = np.arange(len(rows))
    is_missing[rows] = False
    return part.take(pa.array(places, mask=is_missing))


def _parts(name: str, column: pa.ChunkedArray, *, room: int) -> list[tuple[str, pa.ChunkedArray]]:
    """A column's parts, those of objects inside them in their place; an object without parts holds nothing.

    Raises:
        InvalidTableError: On objects in objects deeper than any table's.
    """
    waiting, done = [(name, column, 0)], []
    while waiting:
        path, part, depth = waiting.pop()
        if depth > DEEPEST:
            raise too_deep(name)
        plain = untyped(part)
        if plain is not None or not pt.is_struct(part.type):
            done.append((path, part if plain is None else plain))
        elif part.type.num_fields == 0:
            done.append((path, pa.chunked_array([pa.nulls(len(part))])))
        else:
            inner = zip(part.type, part.flatten(), strict=True)
            waiting.extend(reversed([(f"{path}{SEPARATOR}{f.name}", values, depth + 1) for f, values in inner]))
        DEFAULT_LIMITS.check_shape(0, min(len(waiting) + len(done), room + 1))
    return done
