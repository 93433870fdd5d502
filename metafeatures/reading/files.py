"""From files to Arrow tables, guarded: what is too large or damaged is refused before it is parsed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from metafeatures.cells.types import CAST_WIDE, DESCRIBED
from metafeatures.limits import DEFAULT_LIMITS, TableLimits
from metafeatures.reading.arff import read_arff
from metafeatures.reading.arrow_files import read_arrow_file, read_arrow_stream, read_parquet, without_index
from metafeatures.reading.compression import Compression, plain_file
from metafeatures.reading.delimited import read_delimited
from metafeatures.reading.foreign import refuse_binary, refuse_text
from metafeatures.reading.formats import TableFormat, binary_format_of, read_head, text_format_of
from metafeatures.reading.json_records import read_json, read_json_lines
from metafeatures.reading.names import check_names
from metafeatures.reading.office_files import workbook_kind
from metafeatures.reading.scratch import Scratch
from metafeatures.reading.text import Utf8Text, utf8_text
from metafeatures.reading.workbook import read_workbook
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError
from warmtune.vocabulary.text_files import codec_name, one_character
from warmtune.vocabulary.understanding import Reading

_WIDE: Final = "more than 64 bits"  # as Arrow says that it has no such integers; it names no column


@dataclass(frozen=True, slots=True)
class FileTable:
    """A table, and how it was read.

    Attributes:
        table: Its columns are numbers, booleans and strings where the format knows no types.
        reading: What the file is, and what was odd about it.
    """

    table: pa.Table
    reading: Reading

    @property
    def decimal_mark(self) -> str | None:
        """The decimal mark, where the file says more than a point that may as well part thousands."""
        return "," if self.reading.decimal_mark == "," else None


def read_table(
    path: Path, *, format: TableFormat | None = None, sheet: str | None = None, limits: TableLimits = DEFAULT_LIMITS
) -> pa.Table:
    """Read a table from a file; see `read_file`, which says also how it was understood."""
    return read_file(path, format=format, sheet=sheet, limits=limits).table


def read_file(  # flat keywords instead of an options object
    path: Path,
    *,
    format: TableFormat | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: TableLimits = DEFAULT_LIMITS,
) -> FileTable:
    """Read a table from a file in any of the formats of `TableFormat`, plain or compressed.

    Args:
        path: The file.
        format: Its format, or None to recognise it by its content; its name doesn't count.
        sheet: Of a workbook; by default the first one.
        encoding: Of a text, where detection fails: see `warmtune.vocabulary.text_files.codec_name`.
        delimiter: Of a delimited text, where detection fails; see `one_character` there.
        limits: Sizes above which it is refused.

    Returns:
        The table, without an index that pandas kept in the file, and how it was read.

    Raises:
        InvalidTableError: On a file that is empty, damaged, cut off, of a format that isn't read, or whose rows or
            names are unsound.
        InvalidInputError: On a `sheet` of what is no workbook, an `encoding` of what is no text, a `delimiter` of what
            is no delimited text, or where there is no such one.
        LimitExceededError: On more bytes, rows, columns or cells than allowed.
        MemoryError: If a CSV file doesn't fit into memory.
    """
    encoding, delimiter = codec_name(encoding), one_character(delimiter)
    with Scratch() as scratch:
        plain, compression = plain_file(path, limits, scratch)
        found = format or binary_format_of(read_head(plain))
        if found is None and encoding is None:
            refuse_binary(read_head(plain))
        if found is None or found.is_text:
            text = utf8_text(plain, scratch, encoding=encoding)
            found = found or (TableFormat.CSV if delimiter is not None else text_format_of(_text_head(text)))
        _check_said(found, sheet=sheet, encoding=encoding, delimiter=delimiter)
        try:
            if found.is_text:
                table, reading = _read_text(text, found, limits, scratch, delimiter=delimiter)
            elif found.is_workbook:
                found = workbook_kind(plain)
                table, reading = read_workbook(plain, found, limits, sheet)
            else:
                table = _BINARY[found](plain, limits)
                table, left_out = without_index(table)
                reading = Reading(str(found), table.num_rows, left_out=left_out)
        except (pa.ArrowException, OSError, MemoryError, UnicodeError) as error:
            if isinstance(error, MemoryError) and found is TableFormat.CSV:
                raise  # it is large; the other formats claim sizes of their own, and a damaged file any
            if _WIDE in str(error):
                raise InvalidTableError(
                    f"a column of the file holds integers of 128 bits (Int128, UInt128 of polars): {CAST_WIDE}",
                    field="file",
                    value="Int128",
                    limit=DESCRIBED,
                ) from error
            raise InvalidTableError(
                f"the file can't be read as {found}: {error}", field="file", value=str(found), limit=f"whole {found}"
            ) from error
    check_names(table.column_names)
    limits.check_shape(table.num_rows, table.num_columns)
    packed = None if compression is Compression.NONE else str(compression)
    return FileTable(table, replace(reading, compression=packed))


def _check_said(found: TableFormat, *, sheet: str | None, encoding: str | None, delimiter: str | None) -> None:
    """Refuse what is said of a file that has no such thing.

    Raises:
        InvalidInputError: Naming it.
    """
    for field, value, fits, words in (
        ("sheet", sheet, found.is_workbook, "no sheets"),
        ("encoding", encoding, found.is_text, "an encoding of its own"),
        ("delimiter", delimiter, found is TableFormat.CSV, "no delimiter"),
    ):
        if value is not None and not fits:
            limit = "a workbook" if field == "sheet" else "a file of text"
            raise InvalidInputError(f"this file is {found}, which has {words}", field=field, value=value, limit=limit)


def _read_text(
    text: Utf8Text, found: TableFormat, limits: TableLimits, scratch: Scratch, *, delimiter: str | None
) -> tuple[pa.Table, Reading]:
    refuse_text(_text_head(text))
    if found is TableFormat.ARFF:
        return read_arff(text, limits)
    if found is TableFormat.JSON:
        return read_json(text, limits)
    if found is TableFormat.JSON_LINES:
        return read_json_lines(text, limits)
    return read_delimited(text, limits, scratch, delimiter=delimiter)


def _text_head(text: Utf8Text) -> bytes:
    return read_head(text.path)[text.begin :]


_BINARY: Final[MappingProxyType[TableFormat, Callable[[Path, TableLimits], pa.Table]]] = MappingProxyType(
    {
        TableFormat.PARQUET: read_parquet,
        TableFormat.ARROW_FILE: read_arrow_file,
        TableFormat.ARROW_STREAM: read_arrow_stream,
    }
)
