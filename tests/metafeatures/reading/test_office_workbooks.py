"""Workbooks besides .xlsx, whatever their files are called."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.workbook_writer import workbook
from metafeatures.describe import describe
from metafeatures.inputs import as_table
from metafeatures.limits import TableLimits
from metafeatures.reading import read_file
from tests.metafeatures.reading.office_workbooks import Rows, compound, ods, xls, xlsb
from tests.metafeatures.reading.reading import codes, columns, read_bytes, refusal
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

ROWS: list[list[object]] = [["n", "word", "flag", "y"], [1, "ab", True, 0], [2.5, None, False, 1], [3, "é€", True, 0]]
CELLS = {"n": [1.0, 2.5, 3.0], "word": ["ab", None, "é€"], "flag": [True, False, True], "y": [0, 1, 0]}
WRITERS: tuple[Callable[[Rows], bytes], ...] = (workbook, xlsb, xls, ods)  # type: ignore[assignment]  # of lists
ENDINGS = ("xlsx", "xlsb", "xls", "ods")


@pytest.mark.parametrize(("write", "ending"), [*zip(WRITERS, ENDINGS, strict=True)], ids=ENDINGS)
def test_every_workbook_holds_the_same_table(write: Callable[[Rows], bytes], ending: str, tmp_path: Path) -> None:
    content = write(ROWS)
    for name in (ending, "xlsx", "xls", "csv"):  # what the file is called says nothing
        path = tmp_path / f"table.{name}"
        path.write_bytes(content)
        found = read_file(path)
        assert (columns(found), found.reading.format, codes(found)) == (CELLS, ending, [])
    assert columns(read_bytes(tmp_path, write([[None] * 4, [None, "title"], [None] * 4, *ROWS]))) == CELLS


@pytest.mark.parametrize(("write", "ending"), [*zip(WRITERS, ENDINGS, strict=True)], ids=ENDINGS)
def test_a_workbook_and_its_frame_are_one_table(write: Callable[[Rows], bytes], ending: str, tmp_path: Path) -> None:
    rows: list[list[object]] = [["a", "c", "y"]]
    rows += [[k * 37 % 101 / 4, "red" if k % 3 else "blue", k % 2] for k in range(50)]
    path = tmp_path / f"table.{ending}"
    path.write_bytes(write(rows))
    table, target = as_table(pd.read_excel(path, engine="calamine"), target="y")
    by_frame, by_file = describe(table, target), describe(read_file(path).table, "y")
    assert by_frame.content_hash == by_file.content_hash
    assert by_frame.meta_features == by_file.meta_features


def test_what_is_no_workbook_is_named(tmp_path: Path) -> None:
    assert "old Word document" in refusal(tmp_path, compound(b"", "WordDocument")).message
    assert "with a password" in refusal(tmp_path, compound(b"", "EncryptedPackage")).message
    assert "without a sheet" in refusal(tmp_path, ods(ROWS, kind="application/vnd.oasis.opendocument.text")).message
    assert ".xls) can't be read: it is damaged" in refusal(tmp_path, xls(ROWS)[:1500]).message


def test_rows_that_a_sheet_repeats_are_limited(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="float" office:value="1"{}/>'
    many = '<table:table-row table:number-rows-repeated="100000">' + cell.format("") + "</table:table-row>"
    error = refusal(tmp_path, ods(ROWS, after=many), limits=TableLimits(max_rows=50_000))
    assert isinstance(error, LimitExceededError)
    wide = "<table:table-row>" + cell.format(' table:number-columns-repeated="16000"') + "</table:table-row>"
    assert "columns" in str(refusal(tmp_path, ods(ROWS, after=wide)).limit)
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    assert columns(read_bytes(tmp_path, ods(ROWS, after=empty))) == CELLS


@pytest.mark.parametrize("write", WRITERS, ids=ENDINGS)
@pytest.mark.slow
def test_a_damaged_workbook_is_read_or_refused(write: Callable[[Rows], bytes], tmp_path: Path) -> None:
    rng, whole = np.random.default_rng(0), np.frombuffer(write(ROWS), np.uint8)
    n_refused = 0
    for k in range(90):
        content = whole[: rng.integers(1, len(whole))].copy() if k % 3 == 0 else whole.copy()
        content[rng.integers(0, len(content), 4)] = rng.integers(0, 256, 4)
        try:
            read_bytes(tmp_path, content.tobytes())
        except (InvalidTableError, LimitExceededError):
            n_refused += 1
    assert n_refused > 30
