"""ARFF, dense and sparse."""

from pathlib import Path

import pandas as pd
import pytest
from pyarrow import types as pt

from tests.metafeatures.reading.reading import columns, read_bytes, refusal

ARFF = """% made by hand
@RELATION 'a table'
@attribute 'the number' REAL
@attribute colour {red, 'dark blue', "green"}
@attribute note string
@attribute y {0,1}

@DATA
1.5, red, 'it\\'s', 0
% a remark
?,'dark blue',"a, b",1
3,?,?,0
"""


def test_arff_says_its_types(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, ARFF.encode())
    assert columns(found) == {
        "the number": [1.5, None, 3.0],
        "colour": ["red", "dark blue", None],
        "note": ["it's", "a, b", None],
        "y": ["0", "1", "0"],
    }
    assert [str(kind).partition("<")[0] for kind in found.table.schema.types] == [
        *("double", "dictionary", "string", "dictionary")
    ]


def test_sparse_arff(tmp_path: Path) -> None:
    content = (
        b"@relation x\n@attribute a numeric\n@attribute b {p,q}\n@attribute y {0,1}\n@data\n{0 2.5, 2 1}\n{1 q}\n{}\n"
    )
    assert columns(read_bytes(tmp_path, content)) == {"a": [2.5, 0.0, 0.0], "b": ["p", "q", "p"], "y": ["1", "0", "0"]}


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("3,?,?,0", "3,?,?", "row 3"),
        ("3,?,?,0", "3,?,?,0,9", "row 3"),
        ("3,?,?,0", "three,?,?,0", "row 3"),
        ("@DATA", "", "@data"),
        ("note string", "note relational", "relational"),
        ('"green"}', '"green"', "have no end"),
    ],
)
def test_unsound_arff_is_refused_where_it_is(old: str, new: str, part: str, tmp_path: Path) -> None:
    assert part in refusal(tmp_path, ARFF.replace(old, new).encode()).message


def test_categories_that_arff_does_not_declare_are_reported(tmp_path: Path) -> None:
    header = "@relation r\n@attribute a {u,v}\n@attribute y {0,1}\n@data\n"
    found = read_bytes(tmp_path, f"{header}u,0\n'v',1\n?,1\nw,0\n'u,1\n".encode())
    assert columns(found)["a"] == ["u", "v", None, "w", "'u"]
    assert [(n.code, n.row, n.column, n.count) for n in found.reading.notices] == [("undeclared_categories", 4, "a", 2)]


def dates(form: str, *cells: str) -> bytes:
    rows = "".join(f"'{cell}',{k % 2}\n" for k, cell in enumerate(cells))
    return f"@relation r\n@attribute d date {form}\n@attribute y {{0,1}}\n@data\n{rows}?,1\n".encode()


@pytest.mark.parametrize(
    ("form", "python"),
    [
        ("", "%Y-%m-%dT%H:%M:%S"),
        ("'yyyy-MM-dd'", "%Y-%m-%d"),
        ('"yyyy-MM-dd HH:mm:ss"', "%Y-%m-%d %H:%M:%S"),
        ("'dd/MM/yyyy'", "%d/%m/%Y"),
        ("dd.MM.yy", "%d.%m.%y"),
        ("'MMM d, yyyy h:mm a'", "%b %d, %Y %I:%M %p"),
        ("\"yyyy-MM-dd'T'HH:mm\"", "%Y-%m-%dT%H:%M"),
        ("'EEE dd MMMM yyyy'", "%a %d %B %Y"),
    ],
)
def test_dates_are_read_as_their_attribute_says(form: str, python: str, tmp_path: Path) -> None:
    moments = [pd.Timestamp(text) for text in ("2020-01-02 10:30:15", "2021-11-23 23:00:01", "1999-05-06 00:00:00")]
    texts = [moment.strftime(python) for moment in moments]
    found = read_bytes(tmp_path, dates(form, *texts))
    assert columns(found)["d"] == [*(pd.to_datetime(text, format=python).to_pydatetime() for text in texts), None]


@pytest.mark.parametrize(("form", "part"), [("'dd/MM/yyyy'", "row 1"), ("'ww/yyyy'", "'w' is not read")])
def test_dates_that_are_not_written_so_are_refused_with_the_row(form: str, part: str, tmp_path: Path) -> None:
    assert part in refusal(tmp_path, dates(form, "2020-01-02")).message


@pytest.mark.parametrize("names", ["{False,True}", "{TRUE, FALSE}", "{'true','false'}"])
def test_categories_that_spell_true_and_false_are_truth_values(names: str, tmp_path: Path) -> None:
    true, false = (next(n for n in names.strip("{}").replace("'", "").split(",") if w in n.lower()) for w in ("t", "f"))
    content = f"@relation r\n@attribute b {names}\n@attribute y {{0,1}}\n@data\n{true},0\n{false},1\n?,1\n"
    found = read_bytes(tmp_path, content.encode())
    assert columns(found)["b"] == [True, False, None]
    assert pt.is_boolean(found.table.schema.field("b").type)
    sparse = "@relation r\n@attribute b {false,true}\n@attribute y {0,1}\n@data\n{0 true}\n{1 1}\n"
    assert columns(read_bytes(tmp_path, sparse.encode()))["b"] == [True, False]
