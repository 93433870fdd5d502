"""The extra ``warmtune[local]``: tables described, or packed for upload, on the user's own machine.

The one module of the client that imports `metafeatures` and pyarrow; import it only when it is needed.
"""

from pathlib import Path

import pyarrow as pa
from pyarrow import ipc

from metafeatures.describe import describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_file
from metafeatures.understanding import described_with, understanding_of
from warmtune.vocabulary.dataset import NO_HINTS, TableHints, TaskDescription, target_name
from warmtune.vocabulary.paths import readable
from warmtune.vocabulary.understanding import Reading


def describe_locally(
    data: object,
    y: object = None,
    *,
    hints: TableHints = NO_HINTS,
    deadline_ms: float | None = None,
    name: str | None = None,
) -> TaskDescription:
    """Compute a dataset's meta-features here; see `warmtune.describe_task`."""
    table, target, reading = _table(data, y, hints)
    with described_with(reading):
        description = describe(
            table,
            target,
            kind=hints.kind,
            metric=hints.metric,
            nominal=hints.nominal,
            ignore=hints.ignore,
            decimal_mark="," if reading is not None and reading.decimal_mark == "," else None,
            deadline_ms=deadline_ms,
        )
    return TaskDescription(
        kind=description.kind,
        meta_features=description.meta_features,
        name=name,
        content_hash=description.content_hash,
        understanding=understanding_of(description, reading),
    )


def arrow_content(data: object, y: object, hints: TableHints = NO_HINTS) -> tuple[bytes, str]:
    """A dataset as the bytes of an Arrow IPC file, and its target's name.

    Arrow's own format keeps every type; Parquet gives back categories of numbers as numbers.
    """
    table, target, _ = _table(data, y, hints)
    table = table.unify_dictionaries()  # the format has one for each column, chunks in memory have their own
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes(), target


def _table(data: object, y: object, hints: TableHints = NO_HINTS) -> tuple[pa.Table, str, Reading | None]:
    if isinstance(data, Path):
        with readable(data, "file"):
            file = read_file(data, sheet=hints.sheet, encoding=hints.encoding, delimiter=hints.delimiter)
        return file.table, target_name(y), file.reading
    if isinstance(y, (str, int)) or (isinstance(y, tuple) and y in getattr(data, "columns", ())):  # a column's name
        return *as_table(data, target=y, ignore=hints.ignore), None
    return *as_table(data, y, ignore=hints.ignore), None
