"""JSON Lines, JSON records, ARFF."""

import json
from pathlib import Path

import pytest

from metafeatures.limits import TableLimits
from tests.metafeatures.reading.reading import columns, read_bytes, refusal

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


def test_categories_that_arff_does_not_declare_are_told(tmp_path: Path) -> None:
    header = "@relation r\n@attribute a {u,v}\n@attribute y {0,1}\n@data\n"
    found = read_bytes(tmp_path, f"{header}u,0\n'v',1\n?,1\nw,0\n'u,1\n".encode())
    assert columns(found)["a"] == ["u", "v", None, "w", "'u"]
    assert [(n.code, n.row, n.column, n.count) for n in found.reading.notices] == [("undeclared_categories", 4, "a", 2)]


def test_whole_numbers_beyond_64_bits_are_floats(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'{"a": 1, "y": 0}\n{"a": 100000000000000000000000, "y": 1}\n')
    assert columns(found)["a"] == [1.0, 1e23]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b'{"a": 1, "y": 0}\n{"a": 2, "y": 1}\n{"a": 3, "y"', "row 3"),
        (b'{"a": 1, "y": 0}\n{"a": 2, "y": 1}\n[1, 2]\n', "row 3"),
        (b'[{"a": 1, "y": 0}, {"a": 2', "no whole JSON"),
        (b'[{"a": 1, "y": 0}, [1, 2]]', "row 2"),
        (b"[[1, 2], [3, 4]]", "row 1"),
        (b"[]", "no record"),
        (b"[" * 100_000 + b"]" * 100_000, ""),
    ],
)
def test_unsound_json_is_refused_where_it_is(content: bytes, part: str, tmp_path: Path) -> None:
    assert part in refusal(tmp_path, content).message


def test_json_of_many_names_is_refused(tmp_path: Path) -> None:
    content = json.dumps([{f"c{i}": i for i in range(300)}]).encode()
    assert refusal(tmp_path, content, limits=TableLimits(max_columns=200)).limit == "200 columns"


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
