"""From files to Arrow tables, guarded: what is too large or damaged is refused before it is parsed."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc
from pyarrow import parquet as pq
from pyarrow import types as pt

from metafeatures.csv_reading import read_csv
from metafeatures.decompression import plain_file
from metafeatures.formats import TableFormat, compression_of, format_of, read_head
from metafeatures.limits import DEFAULT_LIMITS, TableLimits
from warmtune.vocabulary.errors import InvalidTableError

_PANDAS_INDEX = "__index_level_"


def read_table(path: Path, *, format: TableFormat | None = None, limits: TableLimits = DEFAULT_LIMITS) -> pa.Table:
    """Read a table from a file: CSV, Parquet or Arrow IPC, plain or compressed with gzip or zstd.

    Args:
        path: The file.
        format: Its format, or None to recognise it by its first bytes.
        limits: Sizes above which it is refused.

    Returns:
        The table; an index that pandas kept in the file is left out.

    Raises:
        InvalidTableError: On a file that is empty, damaged, cut off, not UTF-8, or whose rows or names are unsound.
        LimitExceededError: On more bytes, rows, columns or cells than allowed.
        MemoryError: If a CSV file doesn't fit into memory.
    """
    with plain_file(path, compression_of(read_head(path)), limits) as plain:
        found = format_of(read_head(plain)) if format is None else format
        try:
            table = _READERS[found](plain, limits)
        except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
            if isinstance(error, MemoryError) and found is TableFormat.CSV:
                raise  # it is large; the other formats claim sizes of their own, and a damaged file any
            raise InvalidTableError(
                f"the file can't be read as {found}: {error}", field="file", value=str(found), limit=f"whole {found}"
            ) from error
    table = table.drop_columns([n for n in table.column_names if n.startswith(_PANDAS_INDEX)])
    check_names(table.column_names)
    limits.check_shape(table.num_rows, table.num_columns)
    return table


def check_names(names: Sequence[str]) -> None:
    """Refuse tables whose columns can't be told apart.

    Raises:
        InvalidTableError: On a name that occurs twice.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidTableError(
                f"the column name {name!r} occurs more than once",
                field=f"file.{name}",
                value=name,
                limit="distinct column names",
            )
        seen.add(name)


def _read_parquet(path: Path, limits: TableLimits) -> pa.Table:
    with pq.ParquetFile(path) as file:
        footer = file.metadata
        limits.check_shape(footer.num_rows, footer.num_columns)
        strings = [
            field.name for field in file.schema_arrow if pt.is_string(field.type) or pt.is_large_string(field.type)
        ]
    # Strings stay dictionary-encoded: a repeated long one would else be written out in every row.
    with pq.ParquetFile(path, read_dictionary=strings) as file:
        pieces, n_bytes = [], 0
        for i in range(footer.num_row_groups):
            limits.check_bytes(n_bytes + footer.row_group(i).total_byte_size)
            pieces.append(file.read_row_group(i))
            n_bytes += pieces[-1].nbytes
            limits.check_bytes(n_bytes)
        return pa.concat_tables(pieces) if pieces else file.schema_arrow.empty_table()


def _read_arrow_file(path: Path, limits: TableLimits) -> pa.Table:
    with pa.OSFile(str(path), "rb") as source, ipc.open_file(source) as reader:
        limits.check_shape(0, len(reader.schema))
        batches, n_bytes = [], 0
        for i in range(reader.num_record_batches):
            batches.append(reader.get_batch(i))
            n_bytes += batches[-1].nbytes
            limits.check_bytes(n_bytes)
        return _validated(batches, reader.schema)


def _read_arrow_stream(path: Path, limits: TableLimits) -> pa.Table:
    with pa.OSFile(str(path), "rb") as source, ipc.open_stream(source) as reader:
        limits.check_shape(0, len(reader.schema))
        batches, n_bytes = [], 0
        for batch in reader:
            batches.append(batch)
            n_bytes += batch.nbytes
            limits.check_bytes(n_bytes)
        return _validated(batches, reader.schema)


def _validated(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """The table, after a look at every offset: Arrow trusts what it reads, and a damaged file would crash it."""
    table = pa.Table.from_batches(batches, schema)
    table.validate(full=True)
    return table


_READERS = {
    TableFormat.CSV: read_csv,
    TableFormat.PARQUET: _read_parquet,
    TableFormat.ARROW_FILE: _read_arrow_file,
    TableFormat.ARROW_STREAM: _read_arrow_stream,
}
