"""Columns of objects are columns of their parts, by every way."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metafeatures.describe import Description, describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_file
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

N = 60
RECORDS: list[dict[str, object]] = [
    {
        "id": k,
        "m": None if k % 11 == 4 else {"a": k * 37 % 101 / 4, "word": "red" if k % 3 else "blue", "in": {"b": k % 7}},
        "y": k % 2,
    }
    for k in range(N)
]
PARTS = {"id", "m.a", "m.word", "m.in.b", "y"}
PLAIN = pd.json_normalize(RECORDS)[["id", "m.a", "m.word", "m.in.b", "y"]]


def described(data: object, target: str = "y", **options: object) -> Description:
    """As the SDK describes a frame."""
    return describe(*as_table(data, target=target), **options)  # type: ignore[arg-type]  # of tests


def from_file(path: Path, content: bytes) -> Description:
    """As the service describes a file."""
    path.write_bytes(content)
    return describe(read_file(path).table, "y")


WAYS: dict[str, Callable[[Path], Description]] = {
    "JSON": lambda path: from_file(path, json.dumps(RECORDS).encode()),
    "JSON Lines": lambda path: from_file(path, "\n".join(map(json.dumps, RECORDS)).encode()),
    "under a name": lambda path: from_file(path, json.dumps({"count": N, "page": {"rows": RECORDS}}).encode()),
    "pandas": lambda path: described(pd.DataFrame(RECORDS)),
    "polars": lambda path: described(pl.DataFrame(RECORDS)),
    "Arrow": lambda path: described(pa.Table.from_pylist(RECORDS)),
    "records": lambda path: described(RECORDS),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_object_is_its_parts_by_every_way(way: str, tmp_path: Path) -> None:
    found, plain = WAYS[way](tmp_path / "upload"), described(PLAIN)
    assert {use.name for use in found.columns} == PARTS
    assert found.content_hash == plain.content_hash
    assert found.meta_features == plain.meta_features
    assert "spread_objects" in {notice.code for notice in found.notices}


def test_parquet_keeps_objects(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(RECORDS), tmp_path / "t.parquet")
    found = describe(read_file(tmp_path / "t.parquet").table, "y")
    assert found.content_hash == described(PLAIN).content_hash


def test_the_target_may_be_a_part() -> None:
    records = [{"x": {"a": k}, "label": {"y": k % 2}} for k in range(N)]
    for name in ("label.y", "y"):
        assert [use.name for use in described(records, name).columns if use.role == "target"] == ["label.y"]
    both = [{"x": {"y": k}, "label": {"y": k % 2}} for k in range(N)]
    with pytest.raises(InvalidTableError, match="no column 'y'"):
        described(both)


def test_an_object_may_be_ignored_and_its_parts_be_nominal() -> None:
    roles = {use.name: use.role for use in described(RECORDS, ignore=["m"]).columns}
    assert roles == {"id": "numeric", "m": "left_out", "y": "target"}
    roles = {use.name: use.role for use in described(RECORDS, nominal=["m.in.b"]).columns}
    assert roles["m.in.b"] == "nominal"


def test_parts_of_mixed_types_are_texts_by_every_way(tmp_path: Path) -> None:
    records = [{"m": {"a": k if k % 2 else "x"}, "b": k, "y": k % 2} for k in range(N)]
    by_file = from_file(tmp_path / "upload", json.dumps(records).encode())
    assert by_file.content_hash == described(records).content_hash


@pytest.mark.parametrize("other", ["x", 1, [1]])
def test_objects_among_other_cells_are_refused_by_row(other: object, tmp_path: Path) -> None:
    records = [{"m": {"a": k} if k % 2 else other, "y": k % 2} for k in range(N)]
    with pytest.raises(InvalidTableError) as of_records:
        described(records)
    with pytest.raises(InvalidTableError) as of_file:
        from_file(tmp_path / "f", json.dumps(records).encode())
    assert of_file.value.message == of_records.value.message
    assert "column 'm' holds a" in of_file.value.message


@pytest.mark.slow
def test_objects_are_limited_in_depth_and_parts(tmp_path: Path) -> None:
    deep: object = 1
    for _ in range(60):
        deep = {"a": deep}
    with pytest.raises(InvalidTableError, match="50 deep"):
        from_file(tmp_path / "f", json.dumps([{"m": deep, "y": k % 2} for k in range(9)]).encode())
    wide = [{"m": {f"n{k}_{j}": 1 for j in range(300)}, "y": k % 2} for k in range(40)]
    for content in (json.dumps(wide), "\n".join(map(json.dumps, wide))):
        with pytest.raises(LimitExceededError, match="columns"):
            from_file(tmp_path / "f", content.encode())


def test_parts_that_few_rows_have_stand_in_those_rows(tmp_path: Path) -> None:
    names = [f"k{k}" for k in range(20)]
    records: list[dict[str, object]] = [
        {"m": {names[k % 20]: k * 0.5, "in": {names[k % 7]: f"w{k % 3}"}, "none": None}, "y": k % 2} for k in range(N)
    ]
    frame = pd.json_normalize(records)
    expected = {name: [None if pd.isna(cell) else cell for cell in frame[name]] for name in frame.columns}
    table, _ = as_table(pd.DataFrame(records), target="y")
    path = tmp_path / "table"
    path.write_text(json.dumps(records))
    for of in (table, read_file(path).table):
        column = of.column("m").combine_chunks()
        parts = dict(zip([field.name for field in column.type], column.flatten(), strict=True))
        inner = parts.pop("in")
        found = {f"m.{name}": part.to_pylist() for name, part in parts.items()}
        found |= {
            f"m.in.{field.name}": part.to_pylist() for field, part in zip(inner.type, inner.flatten(), strict=True)
        }
        assert found == {name: cells for name, cells in expected.items() if name != "y"}


def test_a_list_among_parts_is_refused_with_its_row_in_the_table() -> None:
    records: list[dict[str, object]] = [{"m": {"a": 1.5} if k % 2 else {"b": 2.5}, "y": k % 2} for k in range(N)]
    records[17] = {"m": {"a": [1, 2]}, "y": 1}
    with pytest.raises(InvalidTableError, match=r"column 'm\.a' holds a list in row 18"):
        described(pd.DataFrame(records))
