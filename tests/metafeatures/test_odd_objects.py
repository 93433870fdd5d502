"""Cells that end a process, or differ by the way they come: described alike by all ways, or refused by name."""

import array
import collections
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import ipc
from pyarrow import parquet as pq

from metafeatures.describe import describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_table
from tests.metafeatures.test_exports import both, of_frame
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

N = 20
Y = ["r", "b"] * (N // 2)


def nested(depth: int, value: object) -> object:
    for _ in range(depth):
        value = {"k": value}
    return value


def as_records(depth: int) -> list[dict[str, object]]:
    return [{"m": nested(depth, k), "y": Y[k]} for k in range(N)]


def as_arrow(depth: int) -> bytes:
    table = pa.table({"m": pa.array([nested(depth, k) for k in range(N)]), "y": Y})
    sink = io.BytesIO()
    with ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


FILES: dict[str, Callable[[int], bytes]] = {
    "json": lambda depth: json.dumps(as_records(depth)).encode(),
    "json lines": lambda depth: "\n".join(map(json.dumps, as_records(depth))).encode(),
    "arrow": as_arrow,
}


@pytest.mark.parametrize("form", FILES)
def test_objects_lie_in_objects_as_deep_in_files_as_in_memory(form: str, tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(FILES[form](50))
    assert describe(read_table(path), "y").content_hash == of_frame(pd.DataFrame(as_records(50))).content_hash
    path.write_bytes(FILES[form](51))
    errors = []
    ways: tuple[Callable[[], pa.Table], ...] = (
        lambda: read_table(path),
        lambda: as_table(as_records(51), target="y")[0],
    )
    for table in ways:
        with pytest.raises(InvalidTableError, match="column 'm' holds objects in objects, more than 50 deep") as caught:
            describe(table(), "y")
        errors.append((caught.value.message, caught.value.field))
    assert errors[0] == errors[1]


@pytest.mark.parametrize("cell", [range(3), array.array("i", [1, 2]), collections.deque([1])])
def test_cells_of_several_values_are_refused_whatever_holds_these(cell: object) -> None:
    with pytest.raises(InvalidTableError, match=r"column 'a' holds .* in row 1"):
        as_table({"a": [cell] * N, "y": Y}, target="y")


@pytest.mark.parametrize("write", ["parquet", "feather", "split", "table", "index", "columns", "records"])
def test_an_index_with_a_name_is_left_out_where_the_file_tells_it_apart(write: Any, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [k / 4 for k in range(N)], "y": Y})
    named = frame.set_index(pd.Index([f"k{k}" for k in range(N)], name="id"))
    path = tmp_path / "table"
    if write in ("parquet", "feather"):
        getattr(named, f"to_{write}")(path)
    else:
        path.write_text(named.to_json(orient=write))
    assert describe(read_table(path), "y").content_hash == of_frame(frame).content_hash
    path.write_text(named.to_csv())
    csv = describe(read_table(path), "y", ignore=["id"])
    assert csv.content_hash == of_frame(frame).content_hash
    assert describe(read_table(path), "y").n_columns == 2


def itself(kind: str) -> object:
    mapping: dict[str, object] = {"k": 1}
    listed: list[object] = [mapping]
    if kind == "mapping":
        mapping["m"] = mapping
        return mapping
    if kind == "array":
        cells = np.empty(2, dtype=object)
        cells[:] = [cells, 1]
        return cells
    mapping["l"] = listed  # each holds the other
    return listed if kind == "list" else mapping


@pytest.mark.parametrize("kind", ["mapping", "list", "mixed", "array"])
def test_a_cell_that_holds_itself_is_refused_by_name(kind: str) -> None:
    cells = [itself(kind)] * N
    for X in (pd.DataFrame({"a": pd.Series(cells), "y": Y}), {"a": cells, "y": Y}, [{"a": c, "y": "r"} for c in cells]):
        with pytest.raises(InvalidTableError, match=r"'a' holds objects in .* that holds itself"):
            as_table(X, target="y")
    with pytest.raises(InvalidTableError, match="holds itself"):
        as_table({"a": range(N)}, cells)


@pytest.mark.parametrize("twice", [lambda part: {"a": part, "b": part}, lambda part: [part, part]])
def test_a_cell_that_doubles_at_each_level_is_refused_at_once(twice: Callable[[object], object]) -> None:
    cell: object = {"v": 1}
    for _ in range(40):
        cell = twice(cell)
    with pytest.raises(LimitExceededError, match="column 'a' holds more than 10,000 objects or lists in one cell"):
        as_table({"a": [cell] * N, "y": Y}, target="y")


def test_a_table_that_holds_itself_is_refused_by_name() -> None:
    listed: list[object] = []
    listed.append(listed)
    mapping: dict[str, object] = {"y": Y}
    mapping["d"] = mapping
    with pytest.raises(InvalidTableError, match="'x0' holds objects in objects"):
        as_table(listed, [1])
    with pytest.raises(InvalidTableError, match="column 'd' is a dict"):
        as_table(mapping, target="y")


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_strings_of_arrow_that_are_no_utf8_are_refused_by_name(kind: pa.DataType, tmp_path: Path) -> None:
    stored = pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()
    cells = pa.array([b"ab", b"\xff\xfe"] * (N // 2), stored)
    strings = pa.Array.from_buffers(kind, N, cells.buffers())
    table = pa.table({"a": strings, "b": range(N), "y": Y})
    pq.write_table(table, tmp_path / "parquet")
    with ipc.new_file(tmp_path / "arrow", table.schema) as writer:
        writer.write_table(table)
    coded = pa.DictionaryArray.from_arrays(pa.array([k % 2 for k in range(N)], pa.int8()), strings.slice(0, 2))
    inside = pa.StructArray.from_arrays([strings], ["b"])
    tables: tuple[Callable[[], pa.Table], ...] = (
        lambda: as_table(table, target="y")[0],
        lambda: as_table(table.set_column(0, "a", coded), target="y")[0],
        lambda: as_table(table.select(["b"]), strings, target="a")[0],
        lambda: as_table(table.set_column(0, "a", inside), target="y")[0],
        lambda: read_table(tmp_path / "parquet"),
        lambda: read_table(tmp_path / "arrow"),
    )
    for make in tables:
        with pytest.raises(InvalidTableError, match="column 'a' holds bytes that are not UTF-8 text") as caught:
            describe(make(), "y")
        assert caught.value.field == "file.a"


@pytest.mark.parametrize("cells", [[1 + 2j, 2.0, 3, None], [complex(1), complex(2)], [np.complex64(1), "a"]])
def test_complex_numbers_among_objects_are_refused_as_in_an_array(cells: list[object]) -> None:
    column = pd.Series([cells[k % len(cells)] for k in range(N)], dtype=object)
    for X in (pd.DataFrame({"a": column, "y": Y}), [{"a": cell, "y": "r"} for cell in column]):
        with pytest.raises(InvalidTableError, match="column 'a' holds complex numbers"):
            as_table(X, target="y")
    with pytest.raises(InvalidTableError, match="holds complex numbers"):
        as_table({"a": range(N)}, column)


@pytest.mark.parametrize("digits", ["9" * 60, "0." + "1" * 400, "0" * 400 + "5", "1" * 60 + "e-30"])
def test_long_numbers_are_numbers_by_all_ways(digits: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [digits, *map(str, range(1, N))], "y": Y})
    assert both(tmp_path, frame.to_csv(index=False)).content_hash == of_frame(frame).content_hash


def test_a_number_beyond_all_others_is_refused_by_all_ways(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["9" * 400, *map(str, range(1, N))], "y": Y})
    path = tmp_path / "table"
    path.write_text(frame.to_csv(index=False))
    for table in (read_table(path), as_table(frame, target="y")[0], as_table(pd.read_csv(path), target="y")[0]):
        with pytest.raises(InvalidTableError, match="column 'a' holds inf in row 1"):
            describe(table, "y")


@pytest.mark.parametrize("first", [2**53, 2**60, 2**63])
def test_long_classes_as_text_are_distinguished_as_in_a_file(first: int, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": range(N), "y": [str(first + k % 2) for k in range(N)]})
    found = both(tmp_path, frame.to_csv(index=False))
    assert of_frame(frame).content_hash == found.content_hash == of_frame(frame.astype({"y": "uint64"})).content_hash
    assert found.kind == "binary"
