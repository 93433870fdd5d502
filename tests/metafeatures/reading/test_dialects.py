"""Delimited text in whatever dialect gives the same table, and says in which it was."""

from pathlib import Path

import pytest

from metafeatures.describe import describe
from metafeatures.limits import TableLimits
from metafeatures.understanding import described_with
from tests.metafeatures.reading.reading import codes, columns, read_bytes, refusal
from warmtune.vocabulary.errors import InvalidTableError

CELLS = {"n": [1, 2, 3], "word": ["ab", "cd", "ef"], "y": [0, 1, 0]}
ROWS = [[1, "ab", 0], [2, "cd", 1], [3, "ef", 0]]


def text(delimiter: str, line_end: str = "\n", *, header: str | None = None, prefix: str = "", suffix: str = "") -> str:
    lines = [header or delimiter.join(CELLS), *(prefix + delimiter.join(map(str, row)) + suffix for row in ROWS)]
    return "".join(line + line_end for line in lines)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "\x01", "^", "~"])
def test_delimiters_and_ends_of_lines(delimiter: str, line_end: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, text(delimiter, line_end).encode())
    assert (columns(found), found.reading.delimiter) == (CELLS, delimiter)
    assert not found.reading.notices


@pytest.mark.parametrize(
    "content", ["n word y\n1 ab 0\n2 cd 1\n3 ef 0\n", " n   word   y\n 1     ab   0\n 2\tcd 1\n3 ef 0 \n"]
)
def test_runs_of_blanks(content: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, content.encode())
    assert (columns(found), found.reading.delimiter) == (CELLS, "spaces")


def test_blanks_in_quotes_divide_nothing(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'n word y\n1 "a  b" 0\n2 "c d" 1\n')
    assert columns(found) == {"n": [1, 2], "word": ["a  b", "c d"], "y": [0, 1]}


@pytest.mark.parametrize(
    ("before", "n_skipped", "notices"),
    [
        ("\n\r\n\n", 3, []),
        ("sep=;\n", 1, ["skipped_lines"]),
        ('"sep=;"\r\n', 1, ["skipped_lines"]),
        ("# made by a program; with words\n# and more\n", 2, ["skipped_lines"]),
        ("% a comment of another kind\n\n", 2, ["skipped_lines"]),
        ("Sales of the year\n\n", 2, ["skipped_lines"]),
    ],
)
def test_what_stands_before_the_header_is_skipped_and_reported(
    before: str, n_skipped: int, notices: list[str], tmp_path: Path
) -> None:
    found = read_bytes(tmp_path, (before + text(";")).encode())
    assert (columns(found), found.reading.n_skipped_rows, codes(found)) == (CELLS, n_skipped, notices)


@pytest.mark.parametrize(
    ("delimiter", "rule"),
    [("|", "---|:---:|---:\n"), ("|", "---+------+---\r\n"), (",", "---,----,---\n"), (" ", "--- ---- ---\n")],
)
def test_a_line_that_rules_the_header_is_skipped_and_reported(delimiter: str, rule: str, tmp_path: Path) -> None:
    header, rows = text(delimiter).split("\n", 1)
    found = read_bytes(tmp_path, f"{header}\n{rule}{rows}".encode())
    assert (columns(found), found.reading.n_skipped_rows, codes(found)) == (CELLS, 1, ["ruled_header"])


def test_dashes_among_the_rows_are_cells(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, text(",").encode() + b"---,---,---\n")
    assert (found.table.num_rows, codes(found)) == (4, [])
    cell = "--- " * 50_000 + "x"  # longer than what the dialect is looked for in
    found = read_bytes(tmp_path, f"a,y\n{cell},1\nu,0\n".encode())
    assert (columns(found), codes(found)) == ({"a": [cell, "u"], "y": [1, 0]}, [])


def test_a_name_that_was_given_goes_before_a_made_one(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b",Unnamed: 0,word,y\n7,1,ab,0\n8,2,cd,1\n")
    assert columns(found) == {"Unnamed: 0.1": [7, 8], "Unnamed: 0": [1, 2], "word": ["ab", "cd"], "y": [0, 1]}


def test_a_header_may_be_a_comment(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"# a table\n# n,word,y\n1,ab,0\n2,cd,1\n3,ef,0\n")
    assert columns(found) == CELLS


def test_comments_between_rows_are_no_rows(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"# first\nn,word,y\n1,ab,0\n# a remark\n2,cd,1\n3,ef,0\n# the end\n")
    assert (columns(found), found.reading.n_skipped_rows) == (CELLS, 3)


def test_lines_of_blanks_are_no_rows(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"n,word,y\n1,ab,0\n\n   \n2,cd,1\n3,ef,0\n \t \n\n")
    assert columns(found) == CELLS


@pytest.mark.parametrize("header", ["n,word,y", "n,word,y,"])
def test_a_delimiter_at_the_end_of_every_row(header: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, text(",", header=header, suffix=",").encode())
    assert {name: cells for name, cells in columns(found).items() if name in CELLS} == CELLS


def test_a_value_after_the_last_delimiter_is_not_dropped(tmp_path: Path) -> None:
    rows = "1,ab,0,\n" * 9 + "1,ab,0,5\n"
    assert "row 10 " in refusal(tmp_path, f"n,word,y\n{rows}".encode()).message


def test_names_of_rows_as_r_writes_them_are_left_out(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'"n","word","y"\n"1",1,"ab",0\n"2",2,"cd",1\n"3",3,"ef",0\n')
    assert columns(found) == CELLS
    assert [(use.name, use.role) for use in found.reading.left_out] == [("Unnamed: 0", "left_out")]


def test_names_are_bare_distinct_and_never_empty(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b" a ,'b',a,,\"c d\",a.1\n1,2,3,4,5,6\n7,8,9,1,2,3\n")
    assert found.table.column_names == ["a", "b", "a.2", "Unnamed: 3", "c d", "a.1"]
    assert codes(found) == ["repeated_names", "unnamed_columns"]


def test_short_rows_are_filled_and_long_ones_refused(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"n,word,y\n1,ab,0\n2,cd\n3,ef,0\n4\n")
    assert columns(found)["y"] == [0, None, 0, None]
    (notice,) = found.reading.notices
    assert (notice.code, notice.row, notice.count) == ("short_rows", 2, 2)
    error = refusal(tmp_path, b"n,word,y\n1,ab,0\n2,cd,1\n3,ef,0,9\n")
    assert "row 3 " in error.message
    assert "4 fields instead of 3" in error.message


def test_surplus_fields_that_are_empty_are_ignored(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"n,word,y\n1,ab,0\n2,cd,1,,\n3,ef,0\n")
    assert (columns(found), codes(found)) == (CELLS, ["surplus_fields"])


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (b'2,"cd,1\n3,ef,0\n', "row 2 "),  # to the end of the file
        (b'2,"cd,1\n3,ef,0\n4,gh,1\n5,"ij,0\n6,kl,1\n', "row 2 "),  # to the next stray one
        (b'2,"cd,1\n3,ef,0\n4,gh,1\n5,ij,0\n6,kl",1\n', "row 2 "),  # to one that looks like its end
        (b'2,cd,"1', "row 2 "),
        (b'2,cd,"1\n3,ef,0\n4,gh,1\n5,ij,0"\n6,kl,1\n', "row 2 "),  # in the last column
    ],
)
def test_a_quote_that_swallows_rows_is_refused_where_it_opens(line: bytes, row: str, tmp_path: Path) -> None:
    error = refusal(tmp_path, b"n,word,y\n1,ab,0\n" + line)
    assert row in error.message
    assert "quote" in error.message


@pytest.mark.parametrize(
    ("header", "rows", "n_ends"),
    [
        (b"n,word,y\n", b'1,ab,0\n2,cd,"1\n3,ef,0"\n4,gh,1\n', 1),
        (b"n,word,y\n", b'1,ab,0\n2,"cd,1\n3,ef",0\n4,gh,1\n', 1),
        (b"n,word,y\n", b'1,ab,0\n2,"cd,1\n3,ef,0\n4,gh",1\n5,ij,0\n', 2),
        (b"word,y\n", b'ab,0\ncd,"1\nef,0\ngh,1"\nij,0\n', 2),
    ],
)
def test_cells_that_may_hide_rows_are_reported(header: bytes, rows: bytes, n_ends: int, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, header + rows)
    (notice,) = [one for one in found.reading.notices if one.code == "rows_in_cells"]
    assert (notice.row, notice.count) == (2, 1)
    assert f"{n_ends} line end" in notice.text


@pytest.mark.parametrize("n_hidden", [9, 40])
def test_of_two_columns_many_hidden_rows_are_refused(n_hidden: int, tmp_path: Path) -> None:
    rows = [f"w{n},{n % 2}" for n in range(60)]
    rows[5], rows[6 + n_hidden] = 'w5,"1', f'{rows[6 + n_hidden]}"'
    error = refusal(tmp_path, ("word,y\n" + "\n".join(rows) + "\n").encode())
    assert "row 6 " in error.message


def test_a_text_in_the_last_column_may_have_as_many_commas_a_line_as_rows(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'n,y,word\n1,0,"a, b, c\nd, e, f\ng, h, i\nj, k, l"\n2,1,m\n')
    assert columns(found)["word"] == ["a, b, c\nd, e, f\ng, h, i\nj, k, l", "m"]


def test_many_cells_of_several_lines_are_no_reason_for_a_notice(tmp_path: Path) -> None:
    rows = [f'{n},"first, of {n}\nthen{", more" * (n % 3)}",{n % 2}' for n in range(30)]
    found = read_bytes(tmp_path, ("n,word,y\n" + "\n".join(rows) + "\n").encode())
    assert found.table.num_rows == 30
    assert "rows_in_cells" not in codes(found)


def test_quotes_inside_cells_are_characters(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'n,word,y\n1,5" pipe,0\n2,"3"" nut",1\n3,"7" bolt,0\n')
    assert columns(found)["word"] == ['5" pipe', '3" nut', "7 bolt"]
    assert [(notice.code, notice.row) for notice in found.reading.notices] == [("stray_quotes", 3)]


def test_cells_of_several_lines_stay_cells(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'n,word,y\r\n1,"a\r\nb, c\r\n\r\nd",0\r\n2,"e\nf",1\r\n')
    assert columns(found)["word"] == ["a\r\nb, c\r\n\r\nd", "e\nf"]


@pytest.mark.slow
def test_other_quotes_and_escapes(tmp_path: Path) -> None:
    single = read_bytes(tmp_path, b"n,word,y\n1,'a, b',0\n2,'c, d',1\n3,'it''s, e',0\n")
    assert columns(single)["word"] == ["a, b", "c, d", "it's, e"]
    escaped = read_bytes(tmp_path, b'n,word,y\n1,"a \\"b\\", c",0\n2,"d, \\"e\\"",1\n3,"f",0\n')
    assert columns(escaped)["word"] == ['a "b", c', 'd, "e"', "f"]
    padded = read_bytes(tmp_path, b'n, word, y\n1, "a, b", 0\n2, "c", 1\n3, "d, e", 0\n')
    assert columns(padded)["word"] == ["a, b", "c", "d, e"]


def test_apostrophes_are_no_quotes(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"n,word,y\n1,it's,0\n2,'tis,1\n3,o'clock,0\n")
    assert columns(found)["word"] == ["it's", "'tis", "o'clock"]


def test_decimal_commas_are_detected_and_points_part_thousands_then(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"a;b;c;y\n1,5;1.234;1;0\n2,25;12.345;2;1\n3,5;123.456;3;0\n")
    assert (found.reading.decimal_mark, codes(found)) == (",", ["pointed_thousands"])
    assert columns(found)["b"] == ["1234", "12345", "123456"]
    points = read_bytes(tmp_path, b"a;b;c;y\n1.5;1.234;1;0\n2.25;12.345;2;1\n3.5;123.456;3;0\n")
    assert (points.reading.decimal_mark, columns(points)["b"]) == (".", [1.234, 12.345, 123.456])


def test_fractions_beside_decimal_commas_stay_fractions(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"a;b;y\n1,5;0.123;0\n2,5;0.456;1\n3,5;0.789;0\n")
    assert columns(found)["b"] == ["0.123", "0.456", "0.789"]
    assert "pointed_thousands" not in codes(found)


def test_semicolons_win_over_the_commas_of_numbers_and_words(tmp_path: Path) -> None:
    for content in (b"a;b;y\n0,5;1,5;0\n1,5;2,5;1\n", b"a;b;y\nx, z;u, v;0\np, q;r, s;1\n"):
        assert read_bytes(tmp_path, content).table.column_names == ["a", "b", "y"]


def test_a_header_of_numbers_only_is_reported(tmp_path: Path) -> None:
    assert codes(read_bytes(tmp_path, b"3,0.5,1\n4,1.5,0\n5,2.5,1\n")) == ["numeric_header"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("Sales of 2021,,\n,,\nn,word,y\nq,ab,no\nr,cd,yes\n", "title_header"),
        ('"n,word,y"\n"1"\n"2"\n', "quoted_lines"),
    ],
)
def test_a_first_line_that_may_be_no_header_is_reported_where_the_target_is_missing(
    content: str, code: str, tmp_path: Path
) -> None:
    found = read_bytes(tmp_path, content.encode())
    hint = next(notice.text for notice in found.reading.notices if notice.code == code)
    with pytest.raises(InvalidTableError, match="no column 'y'") as caught, described_with(found.reading):
        describe(found.table, "y")
    assert caught.value.message.endswith(f"; {hint}")


def test_limits_count_records_not_lines(tmp_path: Path) -> None:
    rows = b"".join(b'%d,"line\nline\nline",%d\n' % (i, i % 2) for i in range(100))
    content = b"n,note,y\n" + rows + b"\n" * 300
    assert read_bytes(tmp_path, content, limits=TableLimits(max_rows=100)).table.num_rows == 100
    error = refusal(tmp_path, content, limits=TableLimits(max_rows=99))
    assert (error.value, error.limit) == ("100", "99 rows")


def test_a_late_surprise_changes_one_column_only(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i},{i},{i % 2}\n" for i in range(60_000))
    late = rows.replace("\n40000,40000,40000,", "\n40000,40000.5,call,")
    found = read_bytes(tmp_path, f"a,b,c,y\n{late}".encode())
    assert [str(kind) for kind in found.table.schema.types] == ["int64", "double", "string", "int64"]
    assert (found.table["b"][40_000].as_py(), found.table["c"][39_999].as_py()) == (40_000.5, "39999")


@pytest.mark.slow
def test_many_late_surprises_cost_no_more(tmp_path: Path) -> None:
    names = [f"c{j}" for j in range(12)]
    lines = [",".join(str(i) for _ in names) for i in range(60_000)]
    for j in range(12):  # far from the places that are looked at first
        lines[35_000 + j] = ",".join("?" if k == j else "1" for k in range(12))
    found = read_bytes(tmp_path, "\n".join([",".join(names), *lines]).encode())
    assert {str(kind) for kind in found.table.schema.types} == {"string"}
    assert found.table.num_rows == 60_000


def test_what_begins_late_is_text_not_a_date(tmp_path: Path) -> None:
    rows = "".join(f"{i},,{i % 2}\n" for i in range(60_000)).replace("\n40000,,", "\n40000,2020-01-01,")
    found = read_bytes(tmp_path, f"a,d,y\n{rows}".encode())
    assert str(found.table["d"].type) == "string"
