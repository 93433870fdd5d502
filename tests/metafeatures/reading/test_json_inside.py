"""Records inside other JSON, and objects without a list around them."""

import json
from pathlib import Path

import pytest

from tests.metafeatures.reading.reading import codes, columns, read_bytes, refusal

RECORDS = [{"a": k / 4, "c": "red" if k % 3 else "blue", "y": k % 2} for k in range(9)]
FEATURES = [
    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [k, 1]}, "properties": r}
    for k, r in enumerate(RECORDS)
]
CELLS = {name: [record[name] for record in RECORDS] for name in ("a", "c", "y")}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"data": RECORDS}, "9 records under 'data'"),
        ({"status": "ok", "count": 9, "results": RECORDS, "next": None}, "'results' were read"),
        ({"response": {"result": {"rows": RECORDS}}}, "'response.result.rows'"),
        ({"results": RECORDS, "next": "https://a.example/?page=2"}, "more on other pages"),
        ({"type": "FeatureCollection", "features": FEATURES}, "GeoJSON"),
        ({"columns": [{"name": n, "datatype": "x", "values": cells} for n, cells in CELLS.items()]}, "polars"),
    ],
)
def test_records_inside_an_object_are_read(body: object, words: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, json.dumps(body).encode())
    assert (columns(found), codes(found)) == (CELLS, ["json_shape"])
    assert words in found.reading.notices[0].text


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(json.dumps(record, indent=2) for record in RECORDS),
        ",\n".join(map(json.dumps, RECORDS)) + ",",
    ],
)
def test_objects_one_after_the_other_are_records(text: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, text.encode())
    assert (columns(found), codes(found)) == (CELLS, ["json_shape"])


def test_features_may_stand_one_a_line(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, "\n".join(map(json.dumps, FEATURES)).encode())
    assert (columns(found), codes(found)) == (CELLS, ["json_shape"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"data": RECORDS, "other": RECORDS}, "under 'data' and 'other'"),
        (
            {"meta": {"columns": [{"type": "a"}, {"type": "y"}]}, "data": [[1, 0], [2, 1]], "n": 2},
            "not a list of records",
        ),
        ({"type": "FeatureCollection", "features": [{"type": "Feature"}]}, "feature 1"),
        ({"type": "Topology", "objects": {}}, "TopoJSON"),
    ],
)
def test_what_may_be_several_tables_is_refused(body: object, words: str, tmp_path: Path) -> None:
    assert words in refusal(tmp_path, json.dumps(body).encode()).message


def test_a_damaged_row_of_objects_is_refused(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(record, indent=2) for record in RECORDS)
    assert "no whole JSON" in refusal(tmp_path, text[:-9].encode()).message


@pytest.mark.parametrize("target", [["u", "v", "u", "w"], [0, 1, 0, 1], [1.5, None, 2.5, 3.5]])
@pytest.mark.parametrize("is_inside", [False, True])
def test_a_value_for_each_row_beside_named_rows_is_a_column(
    target: list[object], is_inside: bool, tmp_path: Path
) -> None:
    bunch = {"data": [[k, k / 4] for k in range(4)], "target": target, "feature_names": ["a", "b"], "DESCR": "plain"}
    body = {"result": bunch, "pages": [1, 2, 3, 4]} if is_inside else bunch
    found = read_bytes(tmp_path, json.dumps(body).encode())
    assert columns(found) == {"a": [0, 1, 2, 3], "b": [0, 0.25, 0.5, 0.75], "target": target}
    assert "columns too: 'target'" in found.reading.notices[0].text


def test_a_list_named_like_a_column_beside_named_rows_is_refused(tmp_path: Path) -> None:
    body = {"rows": [[1, 2], [3, 4], [5, 6]], "columns": ["a", "y"], "y": [0, 1, 0]}
    assert "not a list of records" in refusal(tmp_path, json.dumps(body).encode()).message


ROWS_OF: list[list[object]] = [[1.5, "red", 0], [2.5, "blue", 1], [None, "red", 0]]
NAMED = [{"name": "a", "type": "Float64"}, {"name": "b", "type": "String"}, {"name": "y", "type": "UInt8"}]


@pytest.mark.parametrize(
    "body",
    [
        {"columns": ["a", "b", "y"], "rows": ROWS_OF},
        {"fields": NAMED, "rows": ROWS_OF, "count": 3},
        {"header": ["a", "b", "y"], "values": ROWS_OF},
        {"meta": NAMED, "data": ROWS_OF, "rows": 3, "statistics": {"elapsed": 0.1}},  # ClickHouse
        {"meta": NAMED, "data": [dict(zip("aby", row, strict=True)) for row in ROWS_OF], "rows": 3},
        {"data": {"cols": [{"display_name": name} for name in "aby"], "rows": ROWS_OF}, "row_count": 3},  # Metabase
        {"meta": {"view": {"columns": [{"id": k, "name": name} for k, name in enumerate("aby")]}}, "data": ROWS_OF},
        {
            "cols": [{"id": "A", "label": name, "type": "string"} for name in "aby"],  # Google's charts
            "rows": [{"c": [None if cell is None else {"v": cell} for cell in row]} for row in ROWS_OF],
        },
        {"schema": {"fields": NAMED}, "rows": [{"f": [{"v": cell} for cell in row]} for row in ROWS_OF]},  # BigQuery
        {f"id {k}": dict(zip("aby", row, strict=True)) for k, row in enumerate(ROWS_OF)},
    ],
)
def test_rows_with_their_names_beside_them_are_a_table(body: object, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, json.dumps(body).encode())
    assert columns(found) == {name: [row[k] for row in ROWS_OF] for k, name in enumerate("aby")}
    assert [notice.code for notice in found.reading.notices] == ["json_shape"]


@pytest.mark.parametrize(
    "body",
    [
        {"columns": ["a", "y"], "rows": ROWS_OF},  # a name too few
        {"columns": ["a", "b", "y"], "other": ["p", "q", "r"], "rows": ROWS_OF, "n": 3},  # which of them?
        {"columns": ["a", "b", "y"], "rows": ROWS_OF, "more": ROWS_OF},
        {"columns": ["a", "b", "b"], "rows": ROWS_OF},
    ],
)
def test_rows_whose_names_are_in_doubt_are_refused(body: object, tmp_path: Path) -> None:
    assert "list" in refusal(tmp_path, json.dumps(body).encode()).message
