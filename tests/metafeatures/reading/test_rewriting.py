"""Texts whose lines have to be written otherwise before they are a table's."""

from pathlib import Path

import pytest

from metafeatures.reading import FileTable
from tests.metafeatures.reading.reading import columns, read_bytes, refusal

N = 12
WORDS = ["red", "blue", "dark green"]
ROWS = [(f"{k}.5", WORDS[k % 3], ("low", "high")[k % 2]) for k in range(N)]
LINES = [("a", "b", "y"), *ROWS]
EXPECTED = {"a": [k + 0.5 for k in range(N)], "b": [row[1] for row in ROWS], "y": [row[2] for row in ROWS]}


def filled(found: FileTable) -> dict[str, list[object]]:
    """The columns that hold something, without blanks around: pipes at both ends make empty ones."""
    kept = {name: cells for name, cells in columns(found).items() if any(cell is not None for cell in cells)}
    bare = {name: [cell.strip() if isinstance(cell, str) else cell for cell in cells] for name, cells in kept.items()}
    return {name.strip(): cells for name, cells in bare.items()}


def text(delimiter: str) -> str:
    return "".join(f"{delimiter.join(line)}\n" for line in LINES)


def codes(found: FileTable) -> list[str]:
    return [notice.code for notice in found.reading.notices]


@pytest.mark.parametrize("delimiter", [*"¬!/$§#¦þ@*&", "\x02", "\x1e"])
def test_a_delimiter_that_hardly_anybody_uses_is_found(delimiter: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, text(delimiter).encode())
    assert columns(found) == EXPECTED
    assert found.reading.delimiter == delimiter


@pytest.mark.parametrize("delimiter", ["¦", "¬", "§"])
def test_one_sign_beyond_ascii_is_no_letter_of_another_alphabet(delimiter: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, text(delimiter).encode("cp1252"))
    assert (columns(found), found.reading.encoding) == (EXPECTED, "cp1252")


@pytest.mark.parametrize(
    "content",
    [
        "share/%\n1\n2\n3\n4\n",  # no sign in the rows
        "day\n2020/01/02\n2020/01/03\n2020/01/04\n",  # none in the header
        "a/b\n1/2\n3/4/5\n6/7\n",  # not as often in every line
        "a!b\n1!2\n",  # too few lines to tell
    ],
)
def test_signs_that_do_not_divide_every_line_divide_none(content: str, tmp_path: Path) -> None:
    assert len(read_bytes(tmp_path, content.encode()).table.column_names) == 1


def test_files_of_concordance_are_read(tmp_path: Path) -> None:
    content = "".join("\x14".join(f"þ{cell}þ" for cell in line) + "\r\n" for line in LINES)
    found = read_bytes(tmp_path, b"\xef\xbb\xbf" + content.encode())
    assert (columns(found), found.reading.delimiter) == (EXPECTED, "\x14")


@pytest.mark.parametrize("padding", [";", ";;", ";;  "])
def test_semicolons_behind_every_line_of_commas_are_no_part_of_it(padding: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, text(",").replace("\n", f"{padding}\r\n").encode())
    assert (columns(found), codes(found)) == (EXPECTED, ["trailing_delimiter"])


def test_semicolons_that_divide_are_kept(tmp_path: Path) -> None:
    content = "a;b, c;y;\n" + "".join(f"{k},5;x, z;{k % 2};\n" for k in range(N))
    assert columns(read_bytes(tmp_path, content.encode()))["b, c"] == ["x, z"] * N


@pytest.mark.parametrize("header", ['"a,b,y"', "a,b,y"])
@pytest.mark.parametrize("cell", ["{}", '""{}, or so""'])
@pytest.mark.parametrize("padding", ["", ";;"])
def test_quotes_around_whole_lines_are_none_of_cells(header: str, cell: str, padding: str, tmp_path: Path) -> None:
    rows = "".join(f'"{a},{cell.format(b)},{y}"{padding}\n' for a, b, y in ROWS)
    found = read_bytes(tmp_path, f"{header}{padding}\n{rows}".encode())
    expected = EXPECTED | {"b": [cell.strip('"').format(row[1]) for row in ROWS]}
    assert columns(found) == expected
    assert "quoted_lines" in codes(found)


def test_quoted_sentences_in_one_column_stay_whole(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'text\n"one, two"\n"three, four"\n"five, six"\n')
    assert columns(found) == {"text": ["one, two", "three, four", "five, six"]}


def test_a_backslash_before_a_delimiter_makes_it_a_part_of_the_cell(tmp_path: Path) -> None:
    content = "a,b,y\n" + "".join(f"{a},{b}\\, or so,{y}\n" for a, b, y in ROWS)
    found = read_bytes(tmp_path, content.encode())
    assert columns(found) == EXPECTED | {"b": [f"{row[1]}, or so" for row in ROWS]}
    assert (codes(found), found.reading.delimiter) == (["escaped_delimiters"], ",")


def test_a_backslash_at_the_end_of_some_cells_is_a_part_of_them(tmp_path: Path) -> None:
    content = "a,b,y\n" + "".join(f"{a},C:\\{b}\\,{y}\n" for a, b, y in ROWS)
    assert columns(read_bytes(tmp_path, content.encode()))["b"] == [f"C:\\{row[1]}\\" for row in ROWS]


MARKDOWN = "".join(f"| {' | '.join(line)} |\n" + ("|---|---|---|\n" if k == 0 else "") for k, line in enumerate(LINES))
RULE = "+------+------------+------+\n"
GRID = RULE + "".join(
    f"| {a:<4} | {b:<10} | {y:<4} |\n{RULE if k else RULE.replace('-', '=')}" for k, (a, b, y) in enumerate(LINES)
)
SAP = "-" * 20 + "\n"


@pytest.mark.parametrize(
    "content",
    [
        f"# Results\n\nAs said:\n\n{MARKDOWN}\nDone.\n",
        f"{MARKDOWN.replace('-|-', '-+-')}#+TBLFM: $4=vsum($1..$3)\n",
        GRID,
        f"{MARKDOWN}\nSee [there](https://example.org).\nBye.\n",
        "20.11.2023   Dynamic list display   1\n\n"
        + SAP
        + "|a    |b          |y    |\n"
        + SAP
        + "".join(f"|{a:>5}|{b:<11}|{y:<5}|\n" for a, b, y in ROWS)
        + SAP,
    ],
)
def test_text_and_rules_around_a_table_in_a_frame_of_pipes_are_no_rows(content: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, content.encode())
    assert filled(found) == EXPECTED
    assert found.reading.n_rows == N
    assert "skipped_lines" in codes(found)


@pytest.mark.parametrize(("above", "between"), [("Done on\n", SAP), ("", "")])
def test_rows_without_their_last_pipe_stay_far_below(above: str, between: str, tmp_path: Path) -> None:
    n = 1_500
    rows = "".join(f"| {k} | b{k} | {k % 2}{' |' if k < n - 50 else ''}\n" for k in range(n))
    content = f"{above}{SAP}| a | b | y |\n{SAP}{rows}{between}{between}"
    found = read_bytes(tmp_path, content.encode())
    cells = filled(found)
    assert found.reading.n_rows == n
    assert (cells["a"], cells["y"]) == ([*range(n)], [k % 2 for k in range(n)])
    counts = [notice.count for notice in found.reading.notices if "frame of pipes" in notice.text]
    assert counts == [3 if between else 1]


@pytest.mark.parametrize("between", ["\n", "\nThe other one:\n\n"])
def test_two_tables_of_markdown_are_refused_with_the_line(between: str, tmp_path: Path) -> None:
    content = MARKDOWN + between + "| p | q | r |\n|---|---|---|\n| 1 | 2 | 3 |\n"
    line = (MARKDOWN + between).count("\n") + 1
    assert f"a second one begins in line {line};" in refusal(tmp_path, content.encode()).message
