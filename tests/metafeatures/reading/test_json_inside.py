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
            {"meta": {"columns": [{"name": "a"}, {"name": "y"}]}, "data": [[1, 0], [2, 1]], "n": 2},
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
