"""Parquet and Arrow IPC, whose readers are pyarrow's: sizes are checked before the data is read."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc
from pyarrow import parquet as pq
from pyarrow import types as pt

from metafeatures.cells.names import LEVELS, joined_levels
from metafeatures.cells.table import TEXT_FIELD
from metafeatures.cells.types import check_text
from metafeatures.limits import TableLimits
from warmtune.vocabulary.understanding import ColumnUse

_PANDAS_INDEX = "__index_level_"


def read_parquet(path: Path, limits: TableLimits) -> pa.Table:
    """Read a Parquet file; its footer says the size.

    Strings come as dictionaries, with a mark that says that they are no categories.
    """
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
        table = pa.concat_tables(pieces) if pieces else file.schema_arrow.empty_table()
    for name, column in zip(table.column_names, table.columns, strict=True):
        check_text(column, name)
    fields = [f.with_metadata((f.metadata or {}) | TEXT_FIELD) if f.name in strings else f for f in table.schema]
    return table.cast(pa.schema(fields, table.schema.metadata))


def read_arrow_file(path: Path, limits: TableLimits) -> pa.Table:
    """Read an Arrow IPC file (Feather is one)."""
    with pa.OSFile(str(path), "rb") as source, ipc.open_file(source) as reader:
        limits.check_shape(0, len(reader.schema))
        batches, n_bytes = [], 0
        for i in range(reader.num_record_batches):
            batches.append(reader.get_batch(i))
            n_bytes += batches[-1].get_total_buffer_size()  # `nbytes` of Arrow 19 knows no views
            limits.check_bytes(n_bytes)
        return _validated(batches, reader.schema)


def read_arrow_stream(path: Path, limits: TableLimits) -> pa.Table:
    """Read an Arrow IPC stream."""
    with pa.OSFile(str(path), "rb") as source, ipc.open_stream(source) as reader:
        limits.check_shape(0, len(reader.schema))
        batches, n_bytes = [], 0
        for batch in reader:
            batches.append(batch)
            n_bytes += batch.get_total_buffer_size()
            limits.check_bytes(n_bytes)
        return _validated(batches, reader.schema)


def without_index(table: pa.Table) -> tuple[pa.Table, tuple[ColumnUse, ...]]:
    """The table without the index that pandas kept in the file, named or not, as its frame wouldn't show it either."""
    names = _index_columns(table.schema.metadata)
    left_out = [name for name in table.column_names if name.startswith(_PANDAS_INDEX) or name in names]
    uses = tuple(ColumnUse(name, "left_out", "the index that pandas kept") for name in left_out)
    table = table.drop_columns(list(dict.fromkeys(left_out)))
    levels = _levels(table.schema.metadata)
    if levels > 1:
        joined = [_joined(name, levels) for name in table.column_names]
        table = table.rename_columns(joined).replace_schema_metadata({**(table.schema.metadata or {}), LEVELS: b"1"})
    return table, uses


def _levels(metadata: Mapping[bytes, bytes] | None) -> int:
    """How many levels the names of pandas' columns had."""
    try:
        listed = json.loads((metadata or {})[b"pandas"])["column_indexes"]
    except (KeyError, ValueError, TypeError):
        return 1
    return len(listed) if isinstance(listed, list) else 1


def _joined(name: str, levels: int) -> str:
    """A name that pandas wrote as a tuple's text, its levels joined; any other as it is."""
    try:
        parts = ast.literal_eval(name)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return name
    return joined_levels(parts) if isinstance(parts, tuple) and len(parts) == levels else name


def _index_columns(metadata: Mapping[bytes, bytes] | None) -> set[str]:
    """The columns that pandas' note in the schema calls its index; a note that isn't pandas' names none."""
    try:
        note = json.loads((metadata or {})[b"pandas"])
        listed = note["index_columns"]
    except (KeyError, ValueError, TypeError):
        return set()
    return {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else set()


def _validated(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """The table, after a look at every offset: Arrow trusts what it reads, and a damaged file would crash it.

    Raises:
        InvalidTableError: On strings that are not UTF-8, naming the column.
        ArrowInvalid: On anything else that is damaged.
    """
    table = pa.Table.from_batches(batches, schema)
    table.validate()  # lengths
    for name, column in zip(table.column_names, table.columns, strict=True):
        check_text(column, name)
    return table
