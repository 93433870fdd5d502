"""Rows below a header that describe its columns: types, roles and questions, in files and frames alike."""

from pathlib import Path

import pandas as pd
import pytest

from metafeatures.describe import Description
from tests.metafeatures.test_exports import both, of_frame, roles

N = 24
ROWS = [f"{1 + 0.37 * i:.2f}\t{['red', 'blue', 'green'][i % 3]}\t{['low', 'high'][i % 2]}\n" for i in range(N)]
PLAIN = "a\tb\ty\n" + "".join(ROWS)


def read(tmp_path: Path, *above: str) -> Description:
    text = "".join(f"{line}\n" for line in ("a\tb\ty", *above)) + "".join(ROWS)
    return both(tmp_path, text.replace("\t", ","))


@pytest.mark.parametrize(
    "above",
    [
        ["Float64\tLowCardinality(String)\tNullable(String)"],  # ClickHouse
        ["double precision\tcharacter varying(20)\ttext"],
        ["12n\t10s\t6s"],  # U.S. Geological Survey
        ["continuous\tdiscrete\tdiscrete", "\t\tclass"],  # Orange
        ["C\tD\tD", "\tmeta\tclass"],
        ["Open-Ended Response\tResponse\t"],  # SurveyMonkey
        ["How old?\tWhich colour?\tResult", '{"ImportId":"Q1"}\t{"ImportId":"Q2"}\t{"ImportId":"Q3"}'],  # Qualtrics
    ],
)
@pytest.mark.slow
def test_rows_that_describe_the_columns_are_no_rows(above: list[str], tmp_path: Path) -> None:
    quoted = ["\t".join('"{}"'.format(cell.replace('"', '""')) for cell in line.split("\t")) for line in above]
    found, plain = read(tmp_path, *quoted), read(tmp_path)
    assert (found.content_hash, found.meta_features) == (plain.content_hash, plain.meta_features)
    assert found.n_rows == N
    assert [(notice.code, notice.count) for notice in found.notices] == [("units_row", len(above))]


UNITED = "".join(f"{i * 1.5},{'uv-'[i % 3]},{i * 3 % 11},{'rb'[i % 2]}\n" for i in range(N))


@pytest.mark.parametrize(
    "units",
    [
        "kg,-,cm,-",
        "kg,\u2013,cm,\u2013",
        "[kg],[-],[cm],[-]",
        "kg,NA,cm,-",
        "kg,-,cm,class",
        "kg,none,cm,none",
    ],
)
def test_dashes_among_units_say_that_a_column_has_none(units: str, tmp_path: Path) -> None:
    found, plain = (both(tmp_path, f"a,b,c,y\n{line}{UNITED}") for line in (f"{units}\n", ""))
    assert (found.content_hash, found.meta_features) == (plain.content_hash, plain.meta_features)
    assert (found.kind, [notice.code for notice in found.notices]) == (plain.kind, ["units_row"])


@pytest.mark.parametrize("first", ["unknown,-,unknown,r", "call,-,3,-", "kg,-,-,-"])
def test_a_row_of_dashes_that_come_again_is_a_row(first: str, tmp_path: Path) -> None:
    assert both(tmp_path, f"a,b,c,y\n{first}\n{UNITED}").n_rows == N + 1


@pytest.mark.parametrize(
    "rows",
    [
        {"a": ["c", "d", "s"] * 8, "b": ["d", "c"] * 12, "y": ["s", "m", "t", "c"] * 6},  # categories of one letter
        {"a": ["text", "integer", "date"] * 8, "b": range(N), "y": ["string", "object"] * 12},
        {"a": ["text", *map(str, range(N - 1))], "b": ["red", "blue"] * 12, "y": ["low", "high"] * 12},
    ],
)
def test_categories_that_are_named_like_types_are_rows(rows: dict[str, object]) -> None:
    assert of_frame(pd.DataFrame(rows)).n_rows == N


@pytest.mark.parametrize(
    ("names", "first", "more"),
    [
        ("word,y", "number,date", ["house,noun", "run,verb"]),
        ("type,y", "text,category", ["image,label", "sound,tag"]),
        ("word,year,y", "time,real,object", ["house,1901,noun", "run,1950,verb"]),
        ("part,of,y", "string,long,basic", ["bow,short,odd", "key,wide,even"]),
    ],
)
def test_first_rows_of_words_that_are_also_types_are_rows(
    names: str, first: str, more: list[str], tmp_path: Path
) -> None:
    found = both(tmp_path, "".join(f"{line}\n" for line in (names, first, *more * 6)))
    assert found.n_rows == 1 + 6 * len(more)
    assert "units_row" not in [notice.code for notice in found.notices]


@pytest.mark.parametrize("types", ["integer,date,text", "number,timestamp,category", "real,string,string"])
def test_such_words_above_the_numbers_that_they_call_for_are_none(types: str, tmp_path: Path) -> None:
    rows = "".join(f"{1 + 0.37 * i:.2f},2020-01-{i + 1:02},{['low', 'high'][i % 2]}\n" for i in range(N))
    found = both(tmp_path, f"a,b,y\n{types}\n{rows}")
    assert (found.n_rows, roles(found)["a"]) == (N, "numeric")


def test_the_names_of_rows_beside_a_row_of_types_are_left_out(tmp_path: Path) -> None:
    text = ",a,y\n,Float64,String\n" + "".join(f"{i},{i * 0.5},{['low', 'high'][i % 2]}\n" for i in range(N))
    found = both(tmp_path, text)
    assert roles(found) == {"Unnamed: 0": "left_out", "a": "numeric", "y": "target"}


@pytest.mark.parametrize("units", ["1,kg,-", "kg,1,-", "1,kg,class", "kg,cm,text", "input,input,target", "num,num,cat"])
def test_ones_and_words_above_categories_are_units_beside_units(units: str, tmp_path: Path) -> None:
    rows = "".join(f"{i * 1.5},{i * 3 + 2},{'rb'[i % 2]}\n" for i in range(N))
    found, plain = (both(tmp_path, f"a,b,y\n{line}{rows}") for line in (f"{units}\n", ""))
    assert (found.content_hash, found.meta_features) == (plain.content_hash, plain.meta_features)
    assert [notice.code for notice in found.notices] == ["units_row"]


@pytest.mark.parametrize("first", ["1,call,-", "1,call,1", "1,1,-", "1,call,r", "call,2,-"])
def test_ones_that_come_again_or_stand_beside_no_unit_are_numbers(first: str, tmp_path: Path) -> None:
    rows = "".join(f"{i % 3},{i * 3 + 2},{'rb'[i % 2]}\n" for i in range(N))
    assert both(tmp_path, f"a,b,y\n{first}\n{rows}").n_rows == N + 1


TEXTS = "".join(f"{'uvw'[i % 3]},name {i},{'rb'[i % 2]}\n" for i in range(N))


@pytest.mark.parametrize(
    "types",
    ["str,str,str", "nominal,text,nominal", "<chr>,<chr>,<fct>", "varchar(9),text,char(1)", "xsd:string,text,text"],
)
def test_types_of_columns_of_text_are_no_row_below_the_header_nor_above(types: str, tmp_path: Path) -> None:
    plain = both(tmp_path, f"a,b,y\n{TEXTS}")
    below, above = both(tmp_path, f"a,b,y\n{types}\n{TEXTS}"), both(tmp_path, f"{types}\na,b,y\n{TEXTS}")
    for found, code in ((below, "units_row"), (above, "joined_names")):
        assert (found.content_hash, found.meta_features) == (plain.content_hash, plain.meta_features)
        assert code in [notice.code for notice in found.notices]


def test_types_that_polars_numbered_are_no_names() -> None:
    rows = [["a", "b", "y"], *(line.split(",") for line in TEXTS.splitlines())]
    frames = [pd.DataFrame(rows, columns=["str", f"str{mark}1", f"str{mark}2"]) for mark in (".", "_duplicated_")]
    assert len({of_frame(frame).content_hash for frame in frames}) == 1
    assert of_frame(frames[0]).n_rows == N


@pytest.mark.parametrize("names", ["text,category,y", "object,real,y", "text,text,y"])
def test_names_that_are_also_types_are_names(names: str, tmp_path: Path) -> None:
    assert both(tmp_path, f"{names}\n{TEXTS}").n_rows == N
