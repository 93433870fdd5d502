"""Rows as lists with their columns named beside them: answers of databases and of services that query them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from warmtune.vocabulary.notice import Notice

_DEEPEST: Final = 4
_NAMES_OF: Final = ("name", "label", "display_name", "fieldName", "title", "id", "field", "key")
_MOST_NAMES: Final = 100_000
_SHOWN: Final = 3

Rows = list[list[object]]


def name_of(column: object) -> str | None:
    """The name of a described column; None where it has none."""
    if isinstance(column, str):
        return column
    if not isinstance(column, Mapping):
        return None
    return next((name for key in _NAMES_OF if isinstance(name := column.get(key), str) and name), None)


def named_rows(body: Mapping[str, object]) -> tuple[tuple[str, ...], Rows, Notice] | None:
    """Names, rows of as many cells, and the notice about them; None where an object holds no such, or more than one.

    Rows are lists of plain values, or objects of one list of objects of one value each, as Google writes them
    (``{"c": [{"v": 1}, ...]}``). Names are a list of texts or of objects with a name. A list of as many plain values
    as there are rows, beside them, is a column too, such as the target beside scikit-learn's ``data``.
    """
    inside = list(_inside(body, "", 1))
    found = [(path, rows) for path, value in inside if (rows := _rows(value)) is not None]
    if len(found) != 1:
        return None
    path, rows = found[0]
    width = len(rows[0])
    named = [(at, names) for at, value in inside if at != path and (names := _names(value, width)) is not None]
    if len({names for _, names in named}) != 1 or any(len(row) != width for row in rows):
        return None
    at, names = named[0]
    more = _columns_beside(inside, path, len(rows), width)
    if more.keys() & set(names):
        return None
    words = f"the JSON holds rows as lists under {path!r}, and the names of their columns under {at!r}"
    if more:
        listed = ", ".join(map(repr, [*more][:_SHOWN]))
        words += f"; lists of as many values are columns too: {listed}"
        rows = [[*row, *cells] for row, *cells in zip(rows, *more.values(), strict=True)]
    return (*names, *more), rows, Notice("json_shape", words, count=len(rows))


def _columns_beside(
    inside: Sequence[tuple[str, Sequence[object]]], path: str, n_rows: int, width: int
) -> dict[str, Sequence[object]]:
    """The lists of a value for each row in the rows' own object, by name; none where they may be about columns."""
    above = path[: path.rfind(".") + 1]
    if n_rows == width:
        return {}
    return {
        at.removeprefix(above): value
        for at, value in inside
        if at.rfind(".") + 1 == len(above)
        and at.startswith(above)
        and len(value) == n_rows
        and not any(isinstance(cell, (list, Mapping)) for cell in value)
    }


def _inside(body: Mapping[str, object], above: str, depth: int) -> Iterator[tuple[str, Sequence[object]]]:
    """The lists inside an object and inside objects in it, with their paths."""
    for name, value in body.items():
        path = f"{above}{name}"
        if isinstance(value, list):
            yield path, value
        elif isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _inside(value, f"{path}.", depth + 1)


def _rows(value: Sequence[object]) -> Rows | None:
    """Lists of plain values, at least one, of at least two each."""
    if not value or not isinstance(value[0], (list, Mapping)):
        return None  # before all of many are looked at
    rows = [row if isinstance(row, list) else _of_google(row) for row in value]
    lists = [row for row in rows if row is not None]
    if not lists or len(lists) < len(rows) or len(lists[0]) < len(("a feature", "the target")):
        return None
    is_plain = all(not isinstance(cell, (list, Mapping)) for row in lists for cell in row)
    return lists if is_plain else None


def _of_google(row: object) -> list[object] | None:
    """The cells of ``{"c": [{"v": 1}, null]}`` (charts) or ``{"f": [{"v": 1}]}`` (BigQuery)."""
    if not isinstance(row, Mapping) or len(row) != 1:
        return None
    cells = next(iter(row.values()))
    if not isinstance(cells, list) or not all(
        cell is None or (isinstance(cell, Mapping) and "v" in cell) for cell in cells
    ):
        return None
    return [None if cell is None else cell["v"] for cell in cells]


def _names(value: Sequence[object], width: int) -> tuple[str, ...] | None:
    if len(value) != width or width > _MOST_NAMES:
        return None
    names = tuple(name for column in value if (name := name_of(column)) is not None)
    return names if len(names) == width == len(set(names)) else None
