"""Tables of statistical offices, loggers, banks and databases, and what is reported of targets that hardly serve."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metafeatures.inputs import as_table
from tests.metafeatures.reading.reading import refusal
from tests.metafeatures.test_exports import of_frame
from tests.metafeatures.test_neighbours import PLAIN, ROWS, N, codes, described, read
from tests.serving import LiveService
from warmtune.client import Client
from warmtune.tables.description import pack_table
from warmtune.vocabulary.errors import InvalidTableError

CELLS = [row.split(",") for row in ROWS]
STATION = '"TOA5","Hill","CR1000","12345","CR1000.Std.32","CPU:prog.CR1","54321","Hourly"\n'
EXPORT: list[dict[str, object]] = [
    {"type": "header", "version": "5.1.1", "comment": "Export to JSON plugin for PHPMyAdmin"},
    {"type": "database", "name": "db"},
    {"type": "table", "name": "t", "data": [dict(zip("axy", row, strict=True)) for row in CELLS]},
]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (STATION + '"a","x","y"\n"Deg C","%",""\n"Avg","Smp","Smp"\n' + "\n".join(ROWS), "units_row"),
        (STATION + '"a","x","y"\n' + "\n".join(ROWS), "skipped_lines"),
        ("a,x,y\nMedian age of people,Number of rooms,Group of the place\n" + "\n".join(ROWS), "units_row"),
        (json.dumps(EXPORT), "json_shape"),
        ("a x y\n" + "".join(f'{a}   {x}\t"{y}"\n' for a, x, y in CELLS), ""),
    ],
)
def test_the_same_table_is_seen_in_them(content: str, code: str, tmp_path: Path) -> None:
    file = read(tmp_path, content)
    found = described(file)
    assert (found.content_hash, found.n_rows) == (described(read(tmp_path, PLAIN)).content_hash, N)
    assert not code or code in codes(file, found)


def test_titles_above_a_header_that_names_figures_only(tmp_path: Path) -> None:
    rows = "".join(f"{k:05};Town {k};{a};{10 * float(a)}\n" for k, (a, _, _) in enumerate(CELLS))
    file = read(tmp_path, f"Census;;;\nby town and year;;;\n;;men;y\n{rows}")
    assert [name for name in file.table.column_names if not name.startswith("Unnamed")] == ["men", "y"]
    assert described(file).n_rows == N


@pytest.mark.parametrize("odd", ["nd", "?"])
def test_a_first_row_of_words_for_missing_is_a_row(odd: str, tmp_path: Path) -> None:
    found = described(read(tmp_path, f"k,a,x,y\nk,-,{odd},z\n" + "".join(f"k,{row}\n" for row in ROWS)))
    assert found.n_rows == N + 1


def test_an_export_of_several_tables_is_refused_with_their_names(tmp_path: Path) -> None:
    error = refusal(tmp_path, json.dumps([*EXPORT, {**EXPORT[-1], "name": "u"}]).encode())
    assert "2 tables ('t', 'u'); export one" in error.message


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("!Type:Bank\nD01/31/2020\nT-12.50\nPShop\n^\n", "QIF"),
        ("OFXHEADER:100\nDATA:OFXSGML\n\n<OFX>\n<SIGNONMSGSRSV1>\n", "OFX"),
        (":20:STARTUMS\n:25:50010517/0648489890\n:28C:1/1\n:61:200131D12,50NMSC\n", "MT940"),
    ],
)
def test_files_of_banks_are_named(content: str, what: str, tmp_path: Path) -> None:
    error = refusal(tmp_path, content.encode())
    assert what in error.message
    assert "as CSV" in error.message


@pytest.mark.parametrize("unit", ["sq ft", "Sq. Ft.", "sq.ft", "fl oz", "per day"])
def test_units_of_two_words(unit: str) -> None:
    numbers = pd.DataFrame({"a": np.arange(30) * 1.5, "y": ["u", "v"] * 15})
    found = of_frame(numbers.assign(a=[f"{a} {unit}" for a in numbers["a"]]))
    assert found.content_hash == of_frame(numbers).content_hash


def test_a_target_that_names_the_rows_is_reported() -> None:
    found = of_frame(pd.DataFrame({"a": np.arange(40.0), "y": [f"C{k:03}" for k in range(40)]}))
    assert [(notice.code, notice.count) for notice in found.notices] == [("single_rows", 40)]


@pytest.mark.parametrize("cells", [["x"] * 30, [4.0] * 30])
def test_a_target_of_one_value_is_refused_with_it_and_the_remedy(cells: list[object]) -> None:
    with pytest.raises(InvalidTableError, match=r"('x'|'4'): predict another column"):
        of_frame(pd.DataFrame({"a": np.arange(30.0), "y": cells}))


@pytest.mark.parametrize("make", [lambda: lambda: 1, object])
def test_objects_whose_text_is_an_address_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidTableError, match="'x'"):
        as_table(pd.DataFrame({"x": [make() for _ in range(8)]}), list("uvuvuvuv"))


def test_booleans_of_arrow_in_a_byte_each_are_categories() -> None:
    stored = pa.array([0, 1, 1, 0] * 8, pa.int8())
    table, _ = as_table(pa.table({"b": pa.ExtensionArray.from_storage(pa.bool8(), stored)}), ["u", "v"] * 16)
    assert table.column("b").type == pa.bool_()


def test_chunks_with_dictionaries_of_their_own_are_sent(live_service: LiveService) -> None:
    chunks = [pa.array(pair * 8).dictionary_encode() for pair in (["u", "v"], ["w", "u"])]
    upload = pack_table(pa.table({"x": pa.chunked_array(chunks)}), ["p", "q"] * 16)
    with Client(live_service.url) as client:
        stored = client.create_task(upload)
    assert stored.understanding is not None
    assert {use.name: use.role for use in stored.understanding.columns}["x"] == "nominal"
