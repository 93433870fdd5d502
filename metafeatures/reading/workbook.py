"""Sheets of workbooks (.xlsx, .xlsb, .xls, .ods), by calamine's reader."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from metafeatures.limits import TableLimits
from metafeatures.reading.cell_columns import as_pandas, column_of
from metafeatures.reading.column_types import NULL_WORDS
from metafeatures.reading.formats import TableFormat
from metafeatures.reading.names import clean_names
from metafeatures.reading.office_files import check_workbook_size
from metafeatures.reading.workbook_formulas import Cell, formula_notices, uncomputed_formulas
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.understanding import Reading

_ERRORS: Final = frozenset({"#N/A", "#NA", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA"})
_RUST: Final = "pyo3_runtime"
_UNDETECTED: Final = "Cannot detect file format"  # what calamine says where no reader of its own takes the file
_WHOLE: Final = 2.0**53
_MISSING: Final = frozenset(NULL_WORDS) | _ERRORS


def read_workbook(path: Path, kind: TableFormat, limits: TableLimits, sheet: str | None) -> tuple[pa.Table, Reading]:
    """Read a sheet: by default the first one that holds something.

    The first row that isn't blank holds the names. A formula's last value is read; an error such as ``#DIV/0!`` is a
    missing value.

    Raises:
        InvalidTableError: On a workbook that is damaged or has a password, a sheet that there isn't, or no row.
        LimitExceededError: On more bytes once unpacked, rows, columns or cells than allowed.
    """
    check_workbook_size(path, limits)
    # by its content: a path's ending may say another kind of workbook
    with _naming_damage(kind), path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            shown = ", ".join(repr(name) for name in names[:20])
            raise InvalidTableError(
                f"the workbook has no sheet {sheet!r}; its sheets are {shown}",
                field="sheet",
                value=sheet,
                limit=f"one of {shown}",
            )
        chosen, rows = _rows(book, [sheet] if sheet is not None else names, limits)
        merged = book.get_sheet_by_name(chosen).merged_cell_ranges or []
    body = _body(rows)
    table, reading = _table(body, chosen, names, limits)
    cells = uncomputed_formulas(path, names.index(chosen)) if kind is TableFormat.XLSX else []
    return table, replace(reading, format=str(kind), notices=(*reading.notices, *_of_cells(body, table, cells, merged)))


@contextmanager
def _naming_damage(kind: TableFormat) -> Iterator[None]:
    """Refuse a workbook in which calamine doesn't find its way, naming its kind.

    It panics at some damaged ones; what that raises is outside of Python's own exceptions, and has no class to import.
    """
    try:
        yield
    except BaseException as error:
        is_panic = type(error).__module__ == _RUST
        if not is_panic and not isinstance(error, (CalamineError, OSError)):
            raise
        words = str(error) if not is_panic and _UNDETECTED not in str(error) else "it is damaged or cut off"
        raise InvalidTableError(
            f"the workbook (.{kind}) can't be read: {words}", field="file", limit=f"whole .{kind} without a password"
        ) from error


def _rows(
    book: CalamineWorkbook, names: Sequence[str], limits: TableLimits
) -> tuple[str, list[tuple[int, list[object]]]]:
    """The first of the sheets that holds something, and its rows that do, with their numbers from 1."""
    for name in names:
        found = book.get_sheet_by_name(name)
        last = found.end or (0, 0)
        limits.check_shape(last[0] + 1, last[1] + 1)
        rows = [
            (k, [_plain(cell) for cell in row]) for k, row in enumerate(found.to_python(skip_empty_area=False), start=1)
        ]
        filled = [(k, row) for k, row in rows if any(cell is not None for cell in row)]
        if filled:
            return name, filled
    raise InvalidTableError("the workbook has no cell with a value", field="file", value=0, limit="at least 1 row")


def _plain(cell: object) -> object:
    """A cell's value: whole numbers as such, though a workbook keeps them as floats; None where it has none."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _WHOLE:
        return int(cell)
    return None if isinstance(cell, str) and cell.strip() in _MISSING else cell


@dataclass(frozen=True, slots=True)
class _SheetTable:
    """The cells of a sheet that are its table.

    Attributes:
        numbers: Of the rows in the sheet, from 1; the first one is the header's.
        cells: Of each of the rows, the header first; of equal length.
        first_column: Number of the first column in the sheet, from 1.
        n_above: Rows above the header that hold something.
        n_blank: Rows between the first and the last that hold nothing.
    """

    numbers: list[int]
    cells: list[list[object]]
    first_column: int
    n_above: int
    n_blank: int


def _body(rows: list[tuple[int, list[object]]]) -> _SheetTable:
    # a title above the table fills fewer cells than the table is wide: the header is the first row as full as most
    widths = [sum(cell is not None for cell in row) for _, row in rows[:1000]]
    usual = sorted(widths)[len(widths) // 2]
    header = next(k for k, width in enumerate(widths) if width >= min(usual, 2))
    first = min(_starts(rows[header:]))
    last = max(max(k for k, cell in enumerate(row) if cell is not None) for _, row in rows[header:])
    return _SheetTable(
        numbers=[number for number, _ in rows[header:]],
        cells=[row[first : last + 1] for _, row in rows[header:]],
        first_column=first + 1,
        n_above=header,
        n_blank=rows[-1][0] - rows[0][0] + 1 - len(rows),
    )


def _of_cells(
    body: _SheetTable, table: pa.Table, formulas: list[Cell], merged: Sequence[tuple[Cell, Cell]]
) -> tuple[Notice, ...]:
    """What is odd about cells that look filled: formulas without values, and merged cells."""
    names = {body.first_column + k: name for k, name in enumerate(table.column_names)}
    notices = formula_notices(formulas, rows=body.numbers[1:], names=names) if formulas else []
    inside = [(begin, end) for begin, end in merged if begin[0] >= body.numbers[0] and end[0] < body.numbers[-1]]
    below = [begin for begin, end in inside if end[0] > begin[0] and begin[1] + 1 in names]
    if below:
        name = names[below[0][1] + 1]
        words = (
            f"{len(below)} times cells of several rows are merged, first in column {name!r}: only the first of the"
            " rows has the value, and the others miss it; unmerge and fill them if the value is meant for all"
        )
        notices = [*notices, Notice("merged_cells", words, column=name, count=len(below))]
    return tuple(notices)


def _table(body: _SheetTable, sheet: str, sheets: Sequence[str], limits: TableLimits) -> tuple[pa.Table, Reading]:
    header = body.n_above
    names, notices = clean_names([_name(cell) for cell in body.cells[0]])
    n_rows = len(body.cells) - 1
    limits.check_shape(n_rows, len(names))
    if n_rows == 0:
        others = ", ".join(repr(name) for name in sheets[:20] if name != sheet)
        words = f"the sheet {sheet!r} has a header, but no row" + (f"; pass another sheet: {others}" if others else "")
        raise InvalidTableError(words, field="file", value=0, limit="at least 1 row")
    if header:
        notices.append(
            Notice("skipped_lines", f"{header} row{'s' if header > 1 else ''} above the header: skipped", count=header)
        )
    if len(sheets) > 1:
        notices.append(Notice("other_sheets", f"sheet {sheet!r} of {len(sheets)} was read", count=len(sheets)))
    columns = [column_of(name, [row[k] for row in body.cells[1:]]) for k, name in enumerate(names)]
    table, of_pandas = as_pandas(pa.table(columns, names=names))
    reading = Reading(
        format="xlsx", n_rows=n_rows, sheet=sheet, n_skipped_rows=header + body.n_blank, notices=(*notices, *of_pandas)
    )
    return table, reading


def _starts(rows: list[tuple[int, list[object]]]) -> list[int]:
    return [min(k for k, cell in enumerate(row) if cell is not None) for _, row in rows]


def _name(cell: object) -> str:
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        return f"{cell} 00:00:00"  # as pandas has it: a workbook knows moments only
    return "" if cell is None else str(cell)
