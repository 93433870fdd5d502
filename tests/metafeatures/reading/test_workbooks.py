"""Sheets of workbooks."""

import io
import zipfile
from pathlib import Path

import pytest

from benchmarks.workbook_writer import workbook
from metafeatures.limits import TableLimits
from tests.metafeatures.reading.reading import codes, columns, read_bytes, refusal

ROWS: list[list[object]] = [["n", "word", "flag", "y"], [1, "ab", True, 0], [2.5, None, False, 1], [3, "NA", True, 0]]
CELLS = {"n": [1.0, 2.5, 3.0], "word": ["ab", None, None], "flag": [True, False, True], "y": [0.0, 1.0, 0.0]}


def test_the_first_sheet_is_read(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, workbook(ROWS))
    assert (columns(found), found.reading.format, found.reading.sheet) == (CELLS, "xlsx", "Sheet1")
    assert not found.reading.notices


def test_a_sheet_may_be_named(tmp_path: Path) -> None:
    content = workbook(ROWS, sheets=("first", "the other"))
    found = read_bytes(tmp_path, content, sheet="the other")
    assert (columns(found), found.reading.sheet, codes(found)) == (CELLS, "the other", ["other_sheets"])
    assert "'first', 'the other'" in refusal(tmp_path, content, sheet="none").message
    assert "no sheets" in refusal(tmp_path, b"a,y\n1,0\n", sheet="first").message


def test_titles_above_and_blank_rows_and_columns_around_are_no_cells(tmp_path: Path) -> None:
    rows: list[list[object]] = [["A title", None, None, None], [None] * 4, *ROWS[:2], [None] * 4, *ROWS[2:]]
    found = read_bytes(tmp_path, workbook([[None, *row] for row in rows]))
    assert columns(found) == CELLS
    assert (found.reading.n_skipped_rows, codes(found)) == (3, ["skipped_lines"])


def test_names_are_numbered_as_in_a_text(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, workbook([["a", "a", None, 2020], [1, 2, 3, 4], [5, 6, 7, 8]]))
    assert found.table.column_names == ["a", "a.1", "Unnamed: 2", "2020"]


@pytest.mark.parametrize("rows", [[], [["a", "y"]], [[None, None]]])
def test_a_sheet_without_rows_is_refused(rows: list[list[object]], tmp_path: Path) -> None:
    assert refusal(tmp_path, workbook(rows)).field == "file"


def test_workbooks_are_guarded(tmp_path: Path) -> None:
    rows: list[list[object]] = [["a", "y"]]
    rows += [[k, k % 2] for k in range(2_000)]
    content = workbook(rows)
    assert refusal(tmp_path, content, limits=TableLimits(max_rows=1_000)).limit == "1000 rows"
    assert "bytes" in str(refusal(tmp_path, content, limits=TableLimits(max_bytes=20_000)).limit)
    assert refusal(tmp_path, content[: len(content) // 2]).field == "file"
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(broken, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, whole.read(name)[:300])
    assert "workbook" in refusal(tmp_path, broken.getvalue()).message


def test_a_sheet_that_only_holds_a_note_is_refused_with_the_other_sheets(tmp_path: Path) -> None:
    message = refusal(tmp_path, workbook([["see the next sheet"]], sheets=("notes", "data"))).message
    assert message == "the sheet 'notes' has a header, but no row; pass another sheet: 'data'"
