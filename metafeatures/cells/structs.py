"""Columns whose cells are objects with names: each part as a column of its own, whichever way the table came."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

import pyarrow as pa
from pyarrow import types as pt

from metafeatures.limits import DEFAULT_LIMITS
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

SEPARATOR: Final = "."
"""Between a column's name and that of its part, as in pandas' ``json_normalize``."""
_DEEPEST: Final = 50

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
    DEFAULT_LIMITS.check_shape(len(cells), len(part_names(cells)))
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


def part_names(cells: Iterable[object]) -> set[tuple[str, ...]]:
    """The paths of all parts of mappings, those inside mappings too.

    Raises:
        InvalidTableError: On mappings in mappings deeper than any table's.
        LimitExceededError: As soon as there are more than columns are allowed.
    """
    found = set[tuple[str, ...]]()
    for cell in cells:
        waiting: list[tuple[tuple[str, ...], object]] = [((), cell)]
        while waiting:
            path, part = waiting.pop()
            if len(path) > _DEEPEST:
                raise InvalidTableError(
                    f"objects lie in objects, more than {_DEEPEST} deep, first under {SEPARATOR.join(path[:3])!r}",
                    field="file",
                    value=f"over {_DEEPEST} deep",
                    limit=f"{_DEEPEST} objects in one another",
                )
            if isinstance(part, Mapping):
                waiting.extend(((*path, str(name)), inner) for name, inner in part.items())
            elif path not in found:
                found.add(path)
                DEFAULT_LIMITS.check_shape(0, len(found))
    return found


def _struct(name: str, cells: Sequence[object], leaf: Leaf) -> pa.StructArray:
    names = list(dict.fromkeys(str(name) for cell in cells if isinstance(cell, Mapping) for name in cell))
    rows = [{str(name): part for name, part in cell.items()} if isinstance(cell, Mapping) else {} for cell in cells]
    parts = []
    for part_name in names:
        path = f"{name}{SEPARATOR}{part_name}"
        inner = [row.get(part_name) for row in rows]
        is_object = all(part is None or isinstance(part, Mapping) for part in inner)
        has_any = any(part is not None for part in inner)
        parts.append(_struct(path, inner, leaf) if is_object and has_any else leaf(path, inner))
    missing = pa.array([cell is None for cell in cells], pa.bool_())
    return pa.StructArray.from_arrays(parts, names, mask=missing)


def _parts(name: str, column: pa.ChunkedArray, *, room: int) -> list[tuple[str, pa.ChunkedArray]]:
    """A column's parts, those of objects inside them in their place; an object without parts holds nothing."""
    waiting, done = [(name, column)], []
    while waiting:
        path, part = waiting.pop()
        if not pt.is_struct(part.type):
            done.append((path, part))
        elif part.type.num_fields == 0:
            done.append((path, pa.chunked_array([pa.nulls(len(part))])))
        else:
            inner = zip(part.type, part.flatten(), strict=True)
            waiting.extend(reversed([(f"{path}{SEPARATOR}{field.name}", values) for field, values in inner]))
        DEFAULT_LIMITS.check_shape(0, min(len(waiting) + len(done), room + 1))
    return done
