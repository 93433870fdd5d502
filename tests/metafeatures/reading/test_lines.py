"""Headers that begin like comments, and columns of a fixed width."""

import io
from pathlib import Path

import pandas as pd
import pytest

from tests.metafeatures.reading.reading import codes, columns, read_bytes, refusal


@pytest.mark.parametrize("header", ["#id,word,y", "# id,word,y", "%id,word,y", "#,word,y"])
def test_a_header_that_begins_with_the_sign_of_comments_keeps_its_names(header: str, tmp_path: Path) -> None:
    rows = "1,ab,0\n2,cd,1\n3,ef,0\n"
    found = read_bytes(tmp_path, f"{header}\n{rows}".encode())
    assert found.table.column_names == pd.read_csv(io.StringIO(f"{header}\n{rows}")).columns.tolist()
    assert (found.table.num_rows, codes(found)) == (3, [])


def test_a_commented_header_of_words_above_words_is_one_and_a_remark_is_none(tmp_path: Path) -> None:
    rows = "ab,u,yes\ncd,v,no\nef,u,yes\n"
    assert read_bytes(tmp_path, f"#name,kind,y\n{rows}".encode()).table.column_names == ["#name", "kind", "y"]
    for remark in ("# made by x, v2", "#made by x,in 2020,v2", "# made by x,2020,2"):
        found = read_bytes(tmp_path, f"{remark}\nname,kind,y\n{rows}".encode())
        assert (found.table.column_names, found.table.num_rows) == (["name", "kind", "y"], 3)


def fixed(*rows: tuple[str, ...], widths: tuple[str, ...] = ("<5", ">8", "<12", "<3")) -> bytes:
    """Rows in columns of a fixed width, one blank between."""
    lines = [" ".join(format(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines).encode() + b"\n"


def fixed_row(k: int) -> tuple[str, ...]:
    return str(k), "" if k % 4 == 1 else f"{k}.5", ("red", "dark blue", "")[k % 3], str(k % 2)


FIXED_ROWS = [("id", "n", "word", "y"), *(fixed_row(k) for k in range(20))]


@pytest.mark.parametrize("widths", [("<5", ">8", "<12", "<3"), (">5", "<8", ">12", ">3")])
def test_columns_of_a_fixed_width_may_hold_gaps_and_blanks(widths: tuple[str, ...], tmp_path: Path) -> None:
    found = read_bytes(tmp_path, fixed(*FIXED_ROWS, widths=widths))
    cells = columns(found)
    assert cells["id"] == list(range(20))
    assert cells["n"] == [None if k % 4 == 1 else k + 0.5 for k in range(20)]
    assert cells["word"] == [("red", "dark blue", None)[k % 3] for k in range(20)]
    assert cells["y"] == [k % 2 for k in range(20)]
    assert found.reading.delimiter == "fixed width"


def test_what_pandas_and_sql_consoles_print_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [0.5, 1.5, 2.5, 3.5], "word": ["a b", "c", "d e", "f"], "y": [0, 1, 0, 1]})
    found = read_bytes(tmp_path, frame.to_string().encode())
    assert {n: c for n, c in columns(found).items() if n in frame} == frame.to_dict("list")
    ruled = fixed(FIXED_ROWS[0], ("-----", "-" * 8, "-" * 12, "---"), *FIXED_ROWS[1:]) + b"\n(20 rows affected)\n"
    found = read_bytes(tmp_path, ruled)
    assert codes(found)[0] == "ruled_header"
    assert columns(found)["n"][:20] == [None if k % 4 == 1 else k + 0.5 for k in range(20)]


def test_a_gap_among_blanks_that_no_place_tells_is_refused_with_its_row(tmp_path: Path) -> None:
    rows = [f"{k} {k * 37 % 1000} {k % 2}" for k in range(20)]
    error = refusal(tmp_path, "\n".join(["id n y", *rows[:7], "7 1", *rows[8:]]).encode())
    assert "row 8" in error.message
    assert "write NA" in error.message


def test_a_row_where_others_have_the_gap_is_refused_with_its_number(tmp_path: Path) -> None:
    rows = [FIXED_ROWS[1 + k % 20] for k in range(6_000)]
    late = fixed(FIXED_ROWS[0], *rows) + b"60" + b"x" * 30 + b" 1\n"
    assert "row 6001" in refusal(tmp_path, late).message


def test_a_commented_header_above_dates_is_one(tmp_path: Path) -> None:
    content = b"#day,other,y\n02/18/2022,10/18/2020,540.0-\n08/10/2021,02/20/2020,360.0\n04/19/2021,03/22/2020,1300\n"
    assert list(columns(read_bytes(tmp_path, content))) == ["#day", "other", "y"]
