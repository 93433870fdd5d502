"""Rows of delimited text into columns, by pyarrow."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv
from pyarrow import types as pt

from metafeatures.arrays import ByteArray
from metafeatures.reading.column_types import convert_options, parse_options
from metafeatures.reading.dialect import Dialect
from metafeatures.reading.records import Records

_BLOCK_BYTES: Final = 1 << 20  # stays in the processor's cache
_LONG_BLOCK_BYTES: Final = 1 << 25
_SMALL_BYTES: Final = 1 << 25  # threads cost a quarter of the processor's time on top, which a small file isn't worth
_MOST_TRIES: Final = 6
_SIGNED: Final = 2.0**63
_EXACT: Final = 2.0**53
_FIRST_CELLS: Final = 64  # of a column whose whole numbers are that long, one of these is
_BAD_COLUMN: Final = re.compile(r"In CSV column #(\d+)")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a text.

    Attributes:
        fields: A name for each field of a record.
        kept: Those that are wanted.
        types: Of the columns, as far as they are predicted.
        decimal_mark: Before a number's fraction.
    """

    fields: list[str]
    kept: list[str]
    types: Mapping[str, pa.DataType]
    decimal_mark: str = "."


@dataclass(frozen=True, slots=True)
class ParsedRows:
    """What is to be parsed.

    Attributes:
        body: Bytes of all rows, shape ``(n_bytes,)``.
        columns: Their names and types, as far as these are predicted.
        dialect: How fields are delimited.
        records: What a pass over the bytes found, if there was one.
    """

    body: ByteArray
    columns: Columns
    dialect: Dialect
    records: Records


def parse(rows: ParsedRows) -> pa.Table | None:
    """The table; None where a row has another number of fields, or a line is too long, and nobody looked yet.

    A column that doesn't hold what was predicted is read as a wider type, at last as text.
    """
    columns = rows.columns
    if len(rows.body) == 0:
        return pa.table({name: pa.array([], pa.null()) for name in columns.kept})
    types = {name: kind for name, kind in columns.types.items() if name in columns.kept}
    for k in range(_MOST_TRIES):
        try:
            table, n_bad = _tried(rows, types)
        except pa.ArrowInvalid as error:
            bad = _BAD_COLUMN.search(str(error))
            if bad is None:
                if rows.records.is_scanned:
                    raise
                return None
            types = _wider(types, columns.fields[int(bad[1])], everything=k == _MOST_TRIES - 2)
            continue
        if n_bad:
            return None
        table = _finished(table, rows, types)
        return table.combine_chunks() if len(rows.body) < _SMALL_BYTES else table  # once, not for each look at it
    return None


def _tried(rows: ParsedRows, types: dict[str, pa.DataType]) -> tuple[pa.Table, int]:
    bad: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        bad.append(row.actual_columns)
        return "skip" if len(bad) == 1 else "error"

    records, columns = rows.records, rows.columns
    options = parse_options(rows.dialect, inner_newlines=records.has_inner_newlines)
    options.invalid_row_handler = note
    is_long = records.longest > _BLOCK_BYTES // 2
    table = pacsv.read_csv(
        pa.BufferReader(pa.py_buffer(rows.body)),
        read_options=pacsv.ReadOptions(
            # one thread in a pool looks for the ends of rows twice
            use_threads=pa.cpu_count() > 1 and len(rows.body) >= _SMALL_BYTES and not records.has_inner_newlines,
            block_size=max(_LONG_BLOCK_BYTES, records.longest + 2) if is_long else _BLOCK_BYTES,
            column_names=columns.fields,
        ),
        parse_options=options,
        convert_options=convert_options(types, columns.decimal_mark, columns.kept),
    )
    return table, len(bad)


def _wider(types: dict[str, pa.DataType], name: str, *, everything: bool) -> dict[str, pa.DataType]:
    """The types with that of one column, or of all, wider."""
    if everything:
        return dict.fromkeys(types, pa.string())
    kind = types.get(name)
    is_integer = kind is not None and pt.is_integer(kind)
    return types | {name: pa.float64() if is_integer else pa.string()}


def _finished(table: pa.Table, rows: ParsedRows, types: dict[str, pa.DataType]) -> pa.Table:
    """The table with its columns as numbers, booleans or strings.

    What showed no value where types were predicted may have become a date: it is read again, as text. Where all was
    read as text, columns become what they were predicted to be if they can.
    """
    odd = [field.name for field in table.schema if not _is_plain(field.type)]
    if odd:
        table, _ = _tried(rows, types | dict.fromkeys(odd, pa.string()))
    table = _with_large_integers(table, rows, types)
    if types and all(kind == pa.string() for kind in types.values()):
        arrays = [_narrowed(table.column(n), rows.columns.types.get(n)) for n in table.column_names]
        return pa.table(arrays, names=table.column_names)
    return table


def _with_large_integers(table: pa.Table, rows: ParsedRows, types: dict[str, pa.DataType]) -> pa.Table:
    """The table with whole numbers that need 64 bits without a sign as such: pyarrow reads them as floats."""
    for name in table.column_names:
        column = table.column(name)
        if not pt.is_floating(column.type) or not _is_beyond(column.slice(0, _FIRST_CELLS), _EXACT):
            continue
        if pc.min(column).as_py() < 0.0 or not _is_beyond(column, _SIGNED) or _is_beyond(column, 2 * _SIGNED):
            continue
        try:
            return _with_large_integers(_tried(rows, types | {name: pa.uint64()})[0], rows, types | {name: pa.uint64()})
        except pa.ArrowInvalid:  # some have a fraction or an exponent
            continue
    return table


def _is_beyond(column: pa.ChunkedArray, limit: float) -> bool:
    """Whether a value of the column is at least the limit."""
    return column.null_count < len(column) and bool(pc.max(column).as_py() >= limit)


def _is_plain(kind: pa.DataType) -> bool:
    return bool(not pt.is_temporal(kind))


def _narrowed(column: pa.ChunkedArray, predicted: pa.DataType | None) -> pa.ChunkedArray:
    """Strings as the numbers they were predicted to be, where all of them are."""
    if predicted is None or pt.is_string(predicted) or not pt.is_string(column.type):
        return column
    for kind in (predicted, pa.float64()):
        try:
            return pc.cast(column, kind)
        except pa.ArrowInvalid:
            continue
    return column
