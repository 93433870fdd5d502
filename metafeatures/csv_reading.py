"""CSV: comma-separated, UTF-8, the first line holds the column names."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv
from pyarrow import types as pt

from metafeatures.limits import TableLimits
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

_MAX_HEADER_BYTES = 8 << 20
_BLOCK_BYTES = 1 << 20  # stays in the processor's cache
_LONGEST_ROW_BYTES = 8 << 20


def read_csv(path: Path, limits: TableLimits) -> pa.Table:
    """Read an uncompressed CSV file.

    Types are inferred from the whole file: a column whose values aren't all numbers (or all booleans, or all dates)
    holds strings. Empty fields and the usual words (NA, NaN, null, ...) are nulls.

    Raises:
        InvalidTableError: On content that is not UTF-8, a row with too many or too few fields, or no row.
        LimitExceededError: On more columns, rows or cells than allowed; checked before parsing.
    """
    names = _header(path, limits)
    limits.check_shape(_count_lines(path) - 1, len(names))
    try:
        table = _parse(path, names, inferred=True, threads=True)
    except pa.ArrowInvalid:
        # pyarrow infers types from the first block, and a row must fit into two. Read as text what doesn't conform,
        # then look again; without threads the rows have numbers, so that a malformed one can be named.
        table = _parse(path, names, inferred=False, threads=False)
        columns = [_conform(column) for column in table.columns]
        table = pa.table(columns, names=names)
    for name, column in zip(names, table.columns, strict=True):
        if pt.is_binary(column.type):
            raise _encoding(f"file.{name}", f"column {name!r}")
    if table.num_rows == 0:
        raise InvalidTableError("the file has a header, but no row", field="file", value=0, limit="at least 1 row")
    return table


def _header(path: Path, limits: TableLimits) -> list[str]:
    with path.open("rb") as file:
        head = file.read(_MAX_HEADER_BYTES)
    first = head.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    if len(first) == _MAX_HEADER_BYTES:
        raise LimitExceededError(
            f"the first line is longer than {_MAX_HEADER_BYTES} bytes",
            field="file",
            value=f"over {_MAX_HEADER_BYTES}",
            limit=f"{_MAX_HEADER_BYTES} bytes",
        )
    if first.count(b",") >= limits.max_columns and b'"' not in first:
        limits.check_shape(0, first.count(b",") + 1)
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < _MAX_HEADER_BYTES else "ignore")
    except UnicodeDecodeError as error:
        raise _encoding("file", f"byte {error.start}") from error
    if "\0" in text[: len(first)]:
        raise _encoding("file", "the header")
    try:
        names = next(csv.reader(io.StringIO(text, newline="")), [])
    except csv.Error as error:
        raise InvalidTableError(f"the header can't be read: {error}", field="file", limit="CSV") from error
    if not names or names == [""]:
        raise InvalidTableError("the file has no header", field="file", value="", limit="column names in line 1")
    limits.check_shape(0, len(names))
    return names


def _count_lines(path: Path) -> int:
    n_lines, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            n_lines += chunk.count(b"\n")
            last = chunk[-1:]
    return n_lines + (last != b"\n")


def _parse(path: Path, names: list[str], *, inferred: bool, threads: bool) -> pa.Table:
    bad: list[pacsv.InvalidRow] = []

    def note(row: pacsv.InvalidRow) -> str:
        bad.append(row)
        return "error"

    types = None if inferred else dict.fromkeys(names, pa.string())
    try:
        return pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(
                use_threads=threads and pa.cpu_count() > 1,  # one thread in a pool looks for the ends of rows twice
                block_size=_BLOCK_BYTES if inferred else _LONGEST_ROW_BYTES,
                column_names=names,
                skip_rows_after_names=1,
            ),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
            convert_options=pacsv.ConvertOptions(strings_can_be_null=True, column_types=types),
        )
    except pa.ArrowInvalid as error:
        if threads:
            raise
        if bad:
            row = bad[0]
            raise InvalidTableError(
                f"row {row.number - 1} ({COUNTED}) has {row.actual_columns} fields instead of {row.expected_columns}",
                field="file",
                value=row.text,
                limit=f"{row.expected_columns} fields in every row",
            ) from error
        if "UTF8" in str(error):
            raise _encoding("file", str(error)) from error
        raise


def _conform(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Strings as the narrowest type that all of them parse as."""
    for target in (pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("s"), pa.timestamp("ns")):
        try:
            return pc.cast(column, target)
        except pa.ArrowInvalid:
            continue
    return column


def _encoding(field: str, where: str) -> InvalidTableError:
    return InvalidTableError(
        f"the file is not UTF-8 ({where}): save it with that encoding", field=field, value=where, limit="UTF-8"
    )
