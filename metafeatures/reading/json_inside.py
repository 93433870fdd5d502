"""Records that lie inside other JSON: under a name, as a map's features, one after the other."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from metafeatures.reading.json_named_rows import name_of
from metafeatures.reading.json_table import RECORDS, JsonTable
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

_DEEPEST: Final = 3
_OF_FEATURE: Final = frozenset({"type", "id", "geometry", "properties", "bbox"})
_OF_EXPORT: Final = frozenset({"header", "database", "table"})
_DIVIDERS: Final = " \t\r\n,"
_MORE: Final = ("next", "next_page", "nextPageToken", "next_cursor", "nextLink", "has_more", "hasMore")


def record_lists(body: Mapping[str, object]) -> list[tuple[str, list[Mapping[str, object]]]]:
    """Lists of objects inside an object, and inside objects in it, with their paths such as ``hits.hits``.

    None where there are lists of lists too: those are the rows then, and the objects say what their columns are.
    """
    found: list[tuple[str, list[Mapping[str, object]]]] = []
    waiting: list[tuple[str, object, int]] = [(name, cell, 1) for name, cell in body.items()]
    for path, cell, depth in waiting:  # grows on the way
        if isinstance(cell, list) and cell and all(isinstance(row, Mapping) for row in cell):
            found.append((path, cell))
        elif isinstance(cell, list) and len(cell) > 1 and all(isinstance(row, list) for row in cell):
            return []
        elif isinstance(cell, Mapping) and depth < _DEEPEST:
            inside = ((name, inner) for name, inner in cell.items() if isinstance(inner, (list, Mapping)))
            waiting.extend((f"{path}.{name}", inner, depth + 1) for name, inner in inside)
    return found


def inner_records(body: Mapping[str, object]) -> JsonTable | None:
    """The only list of objects inside an object, as services wrap their answers; None where there are none or several.

    A notice says where they were, and warns where the answer says that it is only one page of several.
    """
    lists = _without_descriptions(record_lists(body))
    if len(lists) != 1:
        return None
    path, records = lists[0]
    if path == "columns" and all({"name", "values"} <= record.keys() for record in records):
        return _polars(records)
    words = f"the JSON is an object, and its {len(records)} records under {path!r} were read"
    more = next((name for name in _MORE if body.get(name)), None)
    if more is not None:
        words += f"; {more!r} beside them says that there are more on other pages, which are missing here"
    return JsonTable(records, None, (Notice("json_shape", words, count=len(records)),))


def _without_descriptions(
    lists: list[tuple[str, list[Mapping[str, object]]]],
) -> list[tuple[str, list[Mapping[str, object]]]]:
    """The lists without one that describes the columns of another, as ClickHouse writes beside its rows."""
    if len(lists) != len(("columns", "rows")):
        return lists
    for described, (_, fields) in (lists[::-1], lists):
        names = {name_of(field) for field in fields}
        if all(names == record.keys() for record in described[1]):
            return [described]
    return lists


def of_database(body: object) -> JsonTable | None:
    """The rows of the only table in a list of descriptions and tables, as phpMyAdmin exports it; else None.

    Raises:
        InvalidTableError: If there are several tables.
    """
    if not isinstance(body, list) or not body or not all(isinstance(part, Mapping) for part in body):
        return None
    if body[0].get("type") != "header" or not all(part.get("type") in _OF_EXPORT for part in body):
        return None
    tables = [part for part in body if part["type"] == "table" and isinstance(part.get("data"), list)]
    if len(tables) > 1:
        names = ", ".join(repr(part.get("name")) for part in tables[:3])
        raise InvalidTableError(
            f"this is an export of {len(tables)} tables ({names}); export one of them alone",
            field="file",
            value=len(tables),
            limit="one table",
        )
    if not tables:
        return None
    words = f"the JSON is phpMyAdmin's export of the table {tables[0].get('name')!r}, whose rows were read"
    return JsonTable(tables[0]["data"], None, (Notice("json_shape", words, count=len(tables[0]["data"])),))


def features(found: Sequence[object]) -> JsonTable:
    """The properties of a map's features.

    Raises:
        InvalidTableError: On a feature without any.
    """
    records = []
    for row, feature in enumerate(found, start=1):
        properties = feature.get("properties") if isinstance(feature, Mapping) else None
        if not isinstance(properties, Mapping):
            raise InvalidTableError(
                f"feature {row} of the GeoJSON has no properties", field="file", value=feature, limit=RECORDS
            )
        records.append(properties)
    words = "the JSON is GeoJSON: the properties of its features were read, without their geometry"
    return JsonTable(records, None, (Notice("json_shape", words, count=len(records)),))


def are_features(names: Sequence[str]) -> bool:
    """Whether objects with these names are features of a map, one a line."""
    return {"type", "geometry", "properties"} <= set(names) <= _OF_FEATURE


def one_by_one(text: str) -> JsonTable | None:
    """Objects one after the other, over several lines each or with commas between; None where the text is no such."""
    records = []
    for value in _values(text):
        if not isinstance(value, Mapping):
            return None
        records.append(value)
    if len(records) == 1:  # it is the whole
        return None
    words = "the JSON holds objects one after the other, without a list around them"
    return JsonTable(records, None, (Notice("json_shape", words, count=len(records)),))


def _values(text: str) -> Iterator[object]:
    """The values in a text; None, which is no object, where it isn't JSON any more."""
    decoder, at = json.JSONDecoder(), 0
    while True:
        while at < len(text) and text[at] in _DIVIDERS:
            at += 1
        if at == len(text):
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            value = None
        yield value
        if value is None:
            return


def _polars(columns: Sequence[Mapping[str, object]]) -> JsonTable | None:
    """What polars' ``DataFrame.write_json`` wrote before it wrote rows."""
    cells = {str(column["name"]): column["values"] for column in columns}
    lists = [values for values in cells.values() if isinstance(values, list)]
    if len(lists) < len(columns) or len({len(values) for values in lists}) > 1:
        return None
    records = [dict(zip(cells, row, strict=True)) for row in zip(*lists, strict=True)]
    return JsonTable(records, tuple(cells), (Notice("json_shape", "the JSON holds columns as polars wrote them"),))
