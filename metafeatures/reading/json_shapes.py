"""The shapes of a table in JSON besides a list of records: what pandas' ``to_json`` writes, and lists of rows.

A shape is detected from its keys, never from the file's name. An object of another kind is refused by its own name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from metafeatures.limits import TableLimits
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

RECORDS: Final = 'one object a line, or a list of objects: [{"a": 1, "y": 0}, ...]'
_SPLIT: Final = frozenset({"columns", "data"})
_SPLIT_ALL: Final = _SPLIT | {"index", "index_names", "column_names"}
_REMEDY: Final = 'save the table with to_json(orient="records")'


@dataclass(frozen=True, slots=True)
class JsonTable:
    """A table inside JSON.

    Attributes:
        records: One object a row.
        names: Of all columns, in order; None where the records say them.
        notices: How it was understood.
    """

    records: Sequence[Mapping[str, object]]
    names: tuple[str, ...] | None = None
    notices: tuple[Notice, ...] = ()


def shaped(body: object, limits: TableLimits) -> JsonTable:
    """The table in a JSON value that is no list of records.

    Raises:
        InvalidTableError: On a value that holds no table, saying what it is.
        LimitExceededError: On more rows, columns or cells than allowed.
    """
    if isinstance(body, list):
        return rows_of(body, limits)
    if not isinstance(body, Mapping):
        raise _refused(f"a JSON file of one {_kind(body)}", _REMEDY)
    if _SPLIT <= body.keys() <= _SPLIT_ALL and isinstance(body["columns"], list) and isinstance(body["data"], list):
        return _split(body["columns"], body["data"], limits)
    if body.keys() == {"schema", "data"} and isinstance(body["data"], list):
        return _table(body["schema"], body["data"])
    cells = list(body.values())
    inner = [cell for cell in cells if isinstance(cell, Mapping)]
    if cells and len(inner) == len(cells) and (len(cells) > 1 or _counts(inner[0])):
        return _nested(body, limits)
    if cells and all(isinstance(cell, list) for cell in cells):
        return _columns(body, limits)
    raise _no_table(body)


def rows_of(body: Sequence[object], limits: TableLimits) -> JsonTable:
    """A list of lists: the first one holds the names where it holds words, and another row doesn't.

    Raises:
        InvalidTableError: On anything but lists of one length.
    """
    if not body:
        raise InvalidTableError("the file has no record", field="file", value=0, limit="at least 1 row")
    odd = next((k for k, row in enumerate(body, start=1) if not isinstance(row, list)), None)
    if odd is not None:
        if odd == 1:
            raise _refused(f"a JSON list of {_kind(body[0])}s", _REMEDY)
        raise _no_object(odd, body[odd - 1])
    rows = [row for row in body if isinstance(row, list)]
    first, rest = rows[0], rows[1:]
    is_header = len(set(map(str, first))) == len(first) and all(isinstance(cell, str) for cell in first)
    is_header &= any(not isinstance(cell, str) for row in rest for cell in row)
    names = [str(cell) for cell in first] if is_header else [str(k) for k in range(len(first))]
    header = "the first list holds the names" if is_header else "they have no names: called by their places from 0"
    notice = Notice("json_shape", f"the JSON holds rows as lists; {header}")
    return JsonTable(_zipped(names, rest if is_header else rows, limits), tuple(names), (notice,))


def _split(names: Sequence[object], rows: Sequence[object], limits: TableLimits) -> JsonTable:
    named = [_joined(name) for name in names]
    for k, row in enumerate(rows, start=1):
        if not isinstance(row, list):
            raise _no_object(k, row)
    lists = [row for row in rows if isinstance(row, list)]
    return JsonTable(_zipped(named, lists, limits), tuple(named), (_notice('orient="split"'),))


def _table(schema: object, rows: Sequence[object]) -> JsonTable:
    """What `to_json(orient="table")` writes, without the index that its schema names."""
    fields = schema.get("primaryKey", []) if isinstance(schema, Mapping) else []
    index = {name for name in fields if isinstance(name, str)} if isinstance(fields, list) else set()
    records = []
    for k, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise _no_object(k, row)
        records.append({name: cell for name, cell in row.items() if name not in index})
    return JsonTable(records, None, (_notice('orient="table"'),))


def _nested(body: Mapping[str, object], limits: TableLimits) -> JsonTable:
    """Columns by name, each with its cells by row, as `to_json()` writes by default; or rows by index.

    Where the outer names count from 0 and the inner ones don't, they are the rows.
    """
    outer = {name: cell for name, cell in body.items() if isinstance(cell, Mapping)}
    inner = list(dict.fromkeys(name for cell in outer.values() for name in cell))
    if _counts(outer) and not _counts(inner):
        limits.check_shape(len(outer), len(inner))
        return JsonTable(list(outer.values()), tuple(inner), (_notice('orient="index"'),))
    limits.check_shape(len(inner), len(outer))
    records = [{name: cell.get(row) for name, cell in outer.items()} for row in inner]
    return JsonTable(records, tuple(outer), (_notice('orient="columns"'),))


def _columns(body: Mapping[str, object], limits: TableLimits) -> JsonTable:
    lists = {name: cells for name, cells in body.items() if isinstance(cells, list)}
    lengths = {len(cells) for cells in lists.values()}
    if len(lengths) > 1 or any(isinstance(cell, Mapping) for cells in lists.values() for cell in cells):
        raise _no_table(body)
    limits.check_shape(lengths.pop(), len(lists))
    rows = zip(*lists.values(), strict=True)
    records = [dict(zip(lists, row, strict=True)) for row in rows]
    return JsonTable(records, tuple(lists), (Notice("json_shape", "the JSON holds columns as lists"),))


def _zipped(
    names: Sequence[str], rows: Sequence[Sequence[object]], limits: TableLimits
) -> Sequence[Mapping[str, object]]:
    limits.check_shape(len(rows), len(names))
    for k, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise InvalidTableError(
                f"row {k} has {len(row)} cells instead of {len(names)}",
                field="file",
                value=repr(row)[:200],
                limit=f"{len(names)} cells in every row",
            )
    return [dict(zip(names, row, strict=True)) for row in rows]


def _counts(names: Iterable[str]) -> bool:
    """Whether names number rows from 0."""
    return all(name == str(k) for k, name in enumerate(names))


def _joined(name: object) -> str:
    """A name; of several levels joined."""
    return "_".join(str(part) for part in name if part != "") if isinstance(name, list) else str(name)


def _notice(orient: str) -> Notice:
    return Notice("json_shape", f"the JSON holds a table as pandas' to_json({orient}) writes it")


def _no_table(body: Mapping[str, object]) -> InvalidTableError:
    """What an object that holds no table is, with the remedy."""
    if body.get("type") in ("FeatureCollection", "Feature", "Topology"):
        return _refused("a GeoJSON document", "save its properties as records (GeoDataFrame.drop(columns='geometry'))")
    if "nbformat" in body and "cells" in body:
        return _refused("a notebook", "save the table from inside it, with to_csv or to_parquet")
    lists = [n for n, cell in body.items() if isinstance(cell, list) and cell and isinstance(cell[0], Mapping)]
    if len(lists) == 1:
        name = lists[0]
        found = body[name]
        n = len(found) if isinstance(found, list) else 0
        return _refused(f"a JSON object that holds {n} records under {name!r}", "save that list alone")
    said = next((body[k] for k in ("message", "error", "detail") if isinstance(body.get(k), str)), None)
    if said is not None:
        return _refused(f"a JSON object that says {str(said)[:80]!r}", "look at that message, and fetch the file again")
    return _refused("a JSON object, not a list of records", _REMEDY)


def _no_object(row: int, found: object) -> InvalidTableError:
    return InvalidTableError(
        f"row {row} is a {_kind(found)}, unlike the others", field="file", value=repr(found)[:200], limit=RECORDS
    )


def _refused(what: str, remedy: str) -> InvalidTableError:
    return InvalidTableError(f"this is {what}; {remedy}", field="file", value=what, limit=RECORDS)


def _kind(value: object) -> str:
    names = {bool: "truth value", int: "number", float: "number", str: "text", list: "list", dict: "object"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
