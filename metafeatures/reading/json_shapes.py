"""The shapes of a table in JSON besides a list of records: what pandas' ``to_json`` writes, and lists of rows.

A shape is detected from its keys, never from the file's name. An object of another kind is refused by its own name.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from metafeatures.limits import TableLimits
from metafeatures.reading.json_inside import features, inner_records, record_lists
from metafeatures.reading.json_named_rows import named_rows
from metafeatures.reading.json_table import RECORDS, JsonTable
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

_SPLIT: Final = frozenset({"columns", "data"})
_SPLIT_ALL: Final = _SPLIT | {"index", "index_names", "column_names"}
_REMEDY: Final = 'save the table with to_json(orient="records")'


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
    beside = named_rows(body)
    if beside is not None:
        names, rows, notice = beside
        return JsonTable(_zipped(names, rows, limits), names, (notice,))
    features_of_map = body.get("features") if body.get("type") == "FeatureCollection" else None
    found = features(features_of_map) if isinstance(features_of_map, list) else inner_records(body)
    if found is not None:
        return found
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
        if not any(isinstance(row, (list, Mapping)) for row in body):
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

    Where the outer names count from 0 and the inner ones don't, they are the rows; also where the values of an inner
    name are of one type throughout, and those of an outer one aren't.
    """
    outer = {name: cell for name, cell in body.items() if isinstance(cell, Mapping)}
    inner = list(dict.fromkeys(name for cell in outer.values() for name in cell))
    if not _counts(inner) and (_counts(outer) or _are_rows(outer.values())):
        limits.check_shape(len(outer), len(inner))
        return JsonTable(list(outer.values()), tuple(inner), (_notice('orient="index"'),))
    limits.check_shape(len(inner), len(outer))
    records = [{name: cell.get(row) for name, cell in outer.items()} for row in inner]
    return JsonTable(records, tuple(outer), (_notice('orient="columns"'),))


def _are_rows(objects: Collection[Mapping[str, object]]) -> bool:
    """Whether objects are rows by their types: each name holds one throughout, and not all names the same."""
    kinds: dict[str, set[bool]] = {}
    for cells in objects:
        for name, cell in cells.items():
            if cell is not None:
                kinds.setdefault(name, set()).add(isinstance(cell, str))
    return all(len(found) == 1 for found in kinds.values()) and len(set().union(*kinds.values())) > 1


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
    if body.get("type") in ("Feature", "Topology"):
        return _refused(
            "a GeoJSON or TopoJSON document", "save its properties as records (GeoDataFrame.drop(columns='geometry'))"
        )
    if "nbformat" in body and "cells" in body:
        return _refused("a notebook", "save the table from inside it, with to_csv or to_parquet")
    lists = [path for path, _ in record_lists(body)]
    if len(lists) > 1:
        return _refused(
            f"a JSON object with records under {lists[0]!r} and {lists[1]!r}", "save one of the lists alone"
        )
    said = next((body[k] for k in ("message", "error", "detail") if isinstance(body.get(k), str)), None)
    if said is not None:
        return _refused(f"a JSON object that says {str(said)[:80]!r}", "look at that message, and fetch the file again")
    return _refused("a JSON object, not a list of records", _REMEDY)


def _no_object(row: int, found: object) -> InvalidTableError:
    return InvalidTableError(
        f"row {row} is {with_article(_kind(found))}, unlike the others",
        field="file",
        value=repr(found)[:200],
        limit=RECORDS,
    )


def _refused(what: str, remedy: str) -> InvalidTableError:
    return InvalidTableError(f"this is {what}; {remedy}", field="file", value=what, limit=RECORDS)


def _kind(value: object) -> str:
    names = {bool: "truth value", int: "number", float: "number", str: "text", list: "list", dict: "object"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
