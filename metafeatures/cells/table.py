"""From a table as it came to one of plain columns under tidy names, with what was found on the way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.cells.column import CellColumn, read_column
from metafeatures.cells.double_encoding import double_encodings
from metafeatures.cells.names import is_unnamed
from metafeatures.cells.numbers import Decimal
from metafeatures.cells.odd_rows import without_odd_rows
from metafeatures.cells.repeated_header import without_headers
from metafeatures.cells.second_table import check_one_table
from metafeatures.cells.table_header import table_header
from metafeatures.cells.target import read_target_cells
from metafeatures.cells.text import Labels, TextAs, labels_in, read_text
from metafeatures.cells.types import plain_column
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.understanding import ColumnUse

TEXT_FIELD = {b"warmtune:text": b"1"}
"""Metadata of a field whose dictionary is only how text is stored; any other dictionary holds categories."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A table of plain columns.

    Attributes:
        table: Numbers, booleans, dictionaries of strings, times and nulls only; the target among them.
        target: The target's name in it.
        nominal: The columns that are listed as nominal, by their names in it.
        reasons: By column, why it is read as it is where its type alone doesn't say so.
        left_out: Columns that are none of its features, with the reason.
        names: All columns of the original, in order.
        notices: What was odd.
        odd_rows: Rows, from 0, that are none of the table's, as comments and totals: they miss the target.
    """

    table: pa.Table
    target: str
    nominal: frozenset[str]
    reasons: Mapping[str, str]
    left_out: tuple[ColumnUse, ...]
    names: tuple[str, ...]
    notices: tuple[Notice, ...]
    odd_rows: tuple[int, ...] = ()


@dataclass(slots=True)
class _Text:
    """A column of text on its way."""

    labels: Labels
    found: TextAs


@dataclass(frozen=True, slots=True)
class CellOptions:
    """What the caller said of a table.

    Attributes:
        target: Name of the target column.
        nominal: Columns whose values are names.
        ignore: Columns to leave out.
        classes: Whether the target is classes (True) or numbers (False); None where that is to be inferred.
        decimal: The decimal mark where a column doesn't show it; None where the table's other columns are to.
    """

    target: str
    nominal: Collection[str] = ()
    ignore: Collection[str] = ()
    classes: bool | None = None
    decimal: Decimal | None = None


def read_cells(table: pa.Table, options: CellOptions) -> Cells:
    """Read all cells of a table.

    Raises:
        InvalidTableError: If there is no such target, `nominal` or `ignore` column; on a column whose type holds no
            single value in a cell; on a target that is neither numbers nor classes, with the first odd cell.
    """
    header = table_header(table, kept=options.ignore)
    target = header.known(options.target, "target")
    nominal = {header.known(name, "nominal") for name in options.nominal}
    ignore = {header.known(name, "ignore") for name in options.ignore}
    if target in ignore:
        raise InvalidTableError(
            f"the target {target!r} can't be ignored", field="ignore", value=target, limit="columns but the target"
        )
    names = header.names
    columns = {
        name: plain_column(column, name)
        for name, column in zip(names, header.columns, strict=True)
        if name not in ignore
    }
    left_out = [ColumnUse(name, "left_out", "it was to be ignored") for name in names if name in ignore]
    unused = _unused(columns, names[0] if names else "", target, first_row=header.first_row)
    left_out += [ColumnUse(name, "left_out", reason) for name, reason in unused.items()]
    kept = {name: column for name, column in columns.items() if name not in unused}
    fields = dict(zip(names, header.fields, strict=True))
    labels = {name: labels_in(column) for name, column in kept.items() if _is_text(column.type, fields[name])}
    repeated: tuple[Notice, ...] = ()
    if len(labels) == len(kept):
        labels, repeated = without_headers(labels)
    rows = without_odd_rows(kept, labels, target)
    texts = {name: _Text(found, read_text(found)) for name, found in rows.labels.items()}
    second = check_one_table(rows.columns, {name: (text.labels, text.found) for name, text in texts.items()})
    _resolve_decimals(texts, options.decimal)
    read = {
        name: _read(name, column, texts.get(name), options, nominal=nominal, is_target=name == target)
        for name, column in rows.columns.items()
    }
    of_cells = (notice for cell in read.values() for notice in cell.notices)
    return Cells(
        table=pa.table({name: cell.column for name, cell in read.items()}),
        target=target,
        nominal=frozenset(nominal),
        reasons={name: cell.reason for name, cell in read.items() if cell.reason},
        left_out=tuple(left_out),
        names=tuple(names),
        notices=(
            *header.notices,
            *(() if repeated else header.doubts()),
            *repeated,
            *double_encodings(names, rows.labels),
            *rows.notices,
            *second,
            *_left_out(unused),
            *of_cells,
        ),
        odd_rows=rows.rows,
    )


def _read(
    name: str,
    column: pa.ChunkedArray,
    text: _Text | None,
    options: CellOptions,
    *,
    nominal: Collection[str],
    is_target: bool,
) -> CellColumn:
    if text is None:
        return CellColumn(column)
    if is_target:
        classes = True if options.classes is None and name in nominal else options.classes
        return read_target_cells(name, text.labels, text.found, classes=classes)
    return read_column(name, text.labels, text.found, is_listed=name in nominal)


def _unused(columns: Mapping[str, pa.ChunkedArray], first: str, target: str, *, first_row: int) -> dict[str, str]:
    """Columns without a name that only number the rows, or hold nothing, with the reason to leave them out."""
    found = {}
    is_front = first in columns
    for name, column in columns.items():
        if name == target or not is_unnamed(name):
            is_front = False
        elif column.null_count == len(column):
            found[name] = "it has no name and no value"
        elif is_front and _is_index(column, first_row):  # two of them, where a frame was saved with its index twice
            found[name] = "it has no name and only names the rows"
        else:
            is_front = False
    return found


def _is_index(column: pa.ChunkedArray, first_row: int) -> bool:
    """Whether a column only names the rows; below a header of two lines an empty cell or two stand above its names."""
    kind = column.type
    if first_row and column.slice(0, first_row + 1).null_count == column.null_count:
        column = column.drop_null()
        if pt.is_floating(kind):  # of whole numbers and an empty cell
            kind = pa.int64()
    if not (pt.is_integer(kind) or pt.is_string(kind) or pt.is_large_string(kind) or pt.is_dictionary(kind)):
        return False
    return column.null_count == 0 and len(pc.unique(column)) == len(column)


def _left_out(unused: Mapping[str, str]) -> tuple[Notice, ...]:
    return tuple(
        Notice("column_left_out", f"column {name!r} is left out: {reason}", column=name)
        for name, reason in unused.items()
    )


def _is_text(kind: pa.DataType, field_of: pa.Field) -> bool:
    if pt.is_dictionary(kind):
        return field_of.metadata is not None and TEXT_FIELD.items() <= field_of.metadata.items()
    return bool(pt.is_string(kind) or pt.is_large_string(kind))


def _resolve_decimals(texts: Mapping[str, _Text], said: Decimal | None) -> None:
    """Where a column's marks can be read both ways, let the others decide."""
    numbers = {name: text.found.numbers for name, text in texts.items() if text.found.numbers is not None}
    decided = {found.spelling.decimal for found in numbers.values() if not found.is_ambiguous and found.has_marks}
    prefer = said if said is not None else Decimal.COMMA if decided == {Decimal.COMMA} else Decimal.POINT
    for name, found in numbers.items():
        if found.is_ambiguous and found.spelling.decimal is not prefer:
            texts[name].found = read_text(texts[name].labels, prefer=prefer)
