"""Cells of workbooks that look filled, and hold nothing: formulas that no program computed, merged cells."""

import io
import zipfile
from pathlib import Path

import pytest

from benchmarks.workbook_writer import workbook
from tests.metafeatures.reading.reading import codes, columns, read_bytes
from warmtune.tables.description import describe_task
from warmtune.vocabulary.errors import InvalidTableError

ROWS: list[list[object]] = [["a", "f", "y"], *([k * 1.5, k, "pq"[k % 2]] for k in range(12))]


def with_xml(content: bytes, *pairs: tuple[str, str]) -> bytes:
    """The workbook with other XML in its first sheet."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(sink, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                for given, other in pairs:
                    assert given in part
                    part = part.replace(given, other)
            new.writestr(name, part)
    return sink.getvalue()


def formula(row: int, value: int, *, saved: str = "") -> tuple[str, str]:
    return f'<c r="B{row}"><v>{value}</v></c>', f'<c r="B{row}"><f>A{row}*2</f>{saved}</c>'


@pytest.mark.parametrize("saved", ["", "<v/>", "<v></v>"])
@pytest.mark.parametrize("n", [1, 12])
def test_formulas_without_a_value_are_missing_and_reported(saved: str, n: int, tmp_path: Path) -> None:
    content = with_xml(workbook(ROWS), *(formula(k + 2, k, saved=saved) for k in range(n)))
    found = read_bytes(tmp_path, content)
    assert columns(found)["f"] == [None] * n + [float(k) for k in range(n, 12)]
    assert [(notice.code, notice.column, notice.count) for notice in found.reading.notices] == [
        ("uncomputed_formulas", "f", n)
    ]
    assert "first B2" in found.reading.notices[0].text


def test_computed_formulas_are_their_values(tmp_path: Path) -> None:
    content = with_xml(workbook(ROWS), *(formula(k + 2, k, saved=f"<v>{k}</v>") for k in range(12)))
    found = read_bytes(tmp_path, content)
    assert (columns(found), codes(found)) == (columns(read_bytes(tmp_path, workbook(ROWS))), [])


def test_a_target_of_formulas_without_values_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "formulas.xlsx"
    path.write_bytes(with_xml(workbook(ROWS), *(formula(k + 2, k) for k in range(12))))
    with pytest.raises(InvalidTableError, match=r"no value in any row; .* first B2: .* save it, so that they are comp"):
        describe_task(path, "f")


def test_formulas_beside_the_table_are_none_of_it(tmp_path: Path) -> None:
    content = with_xml(
        workbook(ROWS), ("</sheetData>", '<row r="90"><c r="B90"><f>SUM(B2:B13)</f></c></row></sheetData>')
    )
    assert codes(read_bytes(tmp_path, content)) == []


@pytest.mark.parametrize(("cells", "is_reported"), [("B2:B4", True), ("B2:C2", False)])
def test_merged_rows_are_reported(cells: str, is_reported: bool, tmp_path: Path) -> None:
    content = with_xml(
        workbook(ROWS), ("</sheetData>", f'</sheetData><mergeCells count="1"><mergeCell ref="{cells}"/></mergeCells>')
    )
    assert codes(read_bytes(tmp_path, content)) == (["merged_cells"] if is_reported else [])
