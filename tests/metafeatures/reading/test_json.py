"""JSON Lines, JSON records, and the other shapes of a table in JSON."""

import json
import tracemalloc
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
from pyarrow import types as pt

from metafeatures.limits import TableLimits
from metafeatures.reading import read_file
from tests.metafeatures.reading.reading import codes, columns, read_bytes, refusal
from warmtune.vocabulary.errors import LimitExceededError

Orient = Literal["columns", "index", "split", "table", "records"]

RECORDS = [{"n": 1, "word": "ab", "y": 0}, {"n": 2.5, "y": 1}, {"n": None, "word": "cd", "y": 0, "new": True}]
CELLS = {"n": [1.0, 2.5, None], "word": ["ab", None, "cd"], "y": [0, 1, 0], "new": [None, None, True]}


@pytest.mark.parametrize("blank", ["", "\n\n", "  \n"])
def test_one_object_a_line(blank: str, tmp_path: Path) -> None:
    content = blank + "".join(json.dumps(record) + "\n" + blank for record in RECORDS)
    found = read_bytes(tmp_path, content.encode())
    assert (columns(found), found.reading.format) == (CELLS, "json_lines")


@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_of_objects(indent: int | None, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, json.dumps(RECORDS, indent=indent).encode())
    assert (columns(found), found.reading.format) == (CELLS, "json")


def test_mixed_types_become_text_and_dates_stay_text(tmp_path: Path) -> None:
    lines = [{"a": 1, "d": "2020-01-01"}, {"a": "x", "d": "2020-01-02"}, {"a": None, "d": None}]
    for content in ("\n".join(map(json.dumps, lines)), json.dumps(lines)):
        assert columns(read_bytes(tmp_path, content.encode())) == {
            "a": ["1", "x", None],
            "d": ["2020-01-01", "2020-01-02", None],
        }


def test_half_a_character_is_a_question_mark_in_a_cell_and_refused_in_a_name(tmp_path: Path) -> None:
    for cells in (rb'{"a": "\ud800", "y": 0}' + b"\n" + rb'{"a": "x\udc00", "y": 1}',):
        assert columns(read_bytes(tmp_path, cells)) == {"a": ["?", "x?"], "y": [0, 1]}
    refusal(tmp_path, rb'{"\ud800": 1, "y": 0}' + b"\n" + rb'{"\ud800": 2, "y": 1}')


def test_whole_numbers_beyond_64_bits_are_floats(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'{"a": 1, "y": 0}\n{"a": 100000000000000000000000, "y": 1}\n')
    assert columns(found)["a"] == [1.0, 1e23]


SHAPES = ["columns", "index", "split", "table", "records"]


@pytest.mark.parametrize("orient", SHAPES)
def test_every_shape_that_pandas_writes_is_the_same_table(orient: Orient, tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [1.5, None, 3.0], "word": ["ab", None, "cd"], "y": [0, 1, 0]})
    found = read_bytes(tmp_path, frame.to_json(orient=orient).encode())
    assert columns(found) == {"n": [1.5, None, 3.0], "word": ["ab", None, "cd"], "y": [0, 1, 0]}
    assert codes(found) == ([] if orient == "records" else ["json_shape"])


@pytest.mark.parametrize(
    "body",
    [{"a": [1, 2], "y": [0, 1]}, [["a", "y"], [1, 0], [2, 1]], {"columns": ["a", "y"], "data": [[1, 0], [2, 1]]}],
)
def test_lists_of_columns_or_rows_are_a_table(body: object, tmp_path: Path) -> None:
    assert columns(read_bytes(tmp_path, json.dumps(body).encode())) == {"a": [1, 2], "y": [0, 1]}


def test_a_list_a_line_is_a_row_and_rows_without_names_are_called_by_their_places(tmp_path: Path) -> None:
    assert columns(read_bytes(tmp_path, b'["a", "y"]\n[1, 0]\n[2, 1]\n')) == {"a": [1, 2], "y": [0, 1]}
    assert columns(read_bytes(tmp_path, b"[[1, 0], [2, 1]]")) == {"0": [1, 2], "1": [0, 1]}


@pytest.mark.parametrize("cells", [[True, None, False, True], [True, 1, 0, False], [True, 2.5, None, False]])
@pytest.mark.parametrize("suffix", ["json", "jsonl", "xlsx"])
def test_truth_values_with_gaps_or_among_numbers_are_numbers_as_pandas_reads_them(
    cells: list[object], suffix: str, tmp_path: Path
) -> None:
    records = [{"b": cell, "y": k % 2} for k, cell in enumerate(cells)]
    path = tmp_path / f"table.{suffix}"
    if suffix == "xlsx":
        pd.DataFrame(records).to_excel(path, index=False)
    else:
        path.write_text("\n".join(map(json.dumps, records)) if suffix == "jsonl" else json.dumps(records))
    found = read_file(path)
    assert found.table.column("b").to_pylist() == cells
    assert pt.is_floating(found.table.schema.field("b").type) or pt.is_integer(found.table.schema.field("b").type)


def test_numbers_under_the_name_of_a_date_are_ticks_since_1970_as_pandas_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    moments = pd.to_datetime(["2020-01-01T00:00:00", "2021-02-03T00:00:00", "2022-03-04T05:06:07"])
    records = [{"created_at": v, "n_at": 5, "y": k} for k, v in enumerate(moments.astype("datetime64[ms]").astype(int))]
    path.write_text(json.dumps(records, default=int))
    found = read_file(path)
    assert found.table.column("created_at").to_pylist() == list(moments.to_pydatetime())
    assert found.table.column("n_at").to_pylist() == [5, 5, 5]
    assert codes(found) == ["epoch_dates"]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b'{"a": 1, "y": 0}\n{"a": 2, "y": 1}\n{"a": 3, "y"', "row 3"),
        (b'{"a": 1, "y": 0}\n{"a": 2, "y": 1}\n[1, 2]\n', "row 3"),
        (b'[{"a": 1, "y": 0}, {"a": 2', "no whole JSON"),
        (b'[{"a": 1, "y": 0}, [1, 2]]', "row 2"),
        (b'[["a", "y"], [1, 0], [3]]', "row 2 has 1 cells instead of 2"),
        (b'[["a", "y"], [1, 0], 3]', "row 3 is a number"),
        (b'{"columns": ["a", "y"], "data": [[1, 0], [3]]}', "row 2 has 1 cells instead of 2"),
        (b'{"a": [1, 2], "y": [0]}', "a JSON object"),
        (b"[]", "no record"),
        (b"[" * 100_000 + b"]" * 100_000, ""),
    ],
)
def test_unsound_json_is_refused_where_it_is(content: bytes, part: str, tmp_path: Path) -> None:
    assert part in refusal(tmp_path, content).message


def test_json_of_many_names_is_refused(tmp_path: Path) -> None:
    content = json.dumps([{f"c{i}": i for i in range(300)}]).encode()
    assert refusal(tmp_path, content, limits=TableLimits(max_columns=200)).limit == "200 columns"


@pytest.mark.parametrize(
    "content",
    [
        b"".join(b'{"k%d":1,"y":1}\n' % n for n in range(60_000)),
        b'{"y":1}\n' * 60_000 + b"".join(b'{"k%d":1}\n' % n for n in range(12_000)),
        b'{"y":1}\n' * 60_000 + b"{" + b",".join(b'"k%d":1' % n for n in range(60_000)) + b"}\n",
        b"[" + b'{"y":1},' * 60_000 + b"{" + b",".join(b'"k%d":1' % n for n in range(60_000)) + b"}]",
    ],
    ids=["a name a line", "names at the end", "one long line", "one long record of a list"],
)
@pytest.mark.slow
def test_more_names_than_columns_are_refused_before_cells_are_made_of_them(content: bytes, tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        found = refusal(tmp_path, content, limits=TableLimits(max_cells=20_000_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(found, LimitExceededError)
    assert peak < 400 * 2**20


def test_names_that_only_few_lines_have_are_read_all_the_same(tmp_path: Path) -> None:
    lines = [{"y": n % 2, **({f"rare{n}": n} if n % 100 == 7 else {})} for n in range(4_000)]
    found = columns(read_bytes(tmp_path, "\n".join(map(json.dumps, lines)).encode()))
    assert (len(found), found["rare3907"][3907], found["rare3907"][0]) == (41, 3907, None)
