"""Arrow's extension types as what they stand for; pandas' periods and intervals among them."""

import json
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa

from warmtune.vocabulary.errors import InvalidTableError

PERIOD = "pandas.period"
INTERVAL = "pandas.interval"
UUID_TYPE = "arrow.uuid"
BOOL_TYPE = "arrow.bool8"


def storage_of(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """A column of an extension type as one of a type that stands for the same values.

    Raises:
        InvalidTableError: On periods of a frequency that pandas doesn't know.
    """
    kind = column.type
    stored = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
    extension = getattr(kind, "extension_name", "")
    if extension == PERIOD:
        return period_starts(stored, json.loads(kind.__arrow_ext_serialize__())["freq"], name)
    if extension == INTERVAL:
        return interval_labels(stored, json.loads(kind.__arrow_ext_serialize__())["closed"])
    if extension == UUID_TYPE:
        cells = [None if cell is None else str(UUID(bytes=cell)) for cell in stored.to_pylist()]
        return pa.chunked_array([pa.array(cells, pa.large_string())])
    if extension == BOOL_TYPE:
        return stored.cast(pa.bool_())
    return stored


def stored_extension(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """The same for a column whose type nobody has registered here: only its field's metadata says what it is.

    Raises:
        InvalidTableError: On periods of a frequency that pandas doesn't know.
    """
    metadata = field.metadata or {}
    extension = metadata.get(b"ARROW:extension:name", b"").decode()
    if extension not in (PERIOD, INTERVAL) or isinstance(column.type, pa.BaseExtensionType):
        return column
    said = json.loads(metadata.get(b"ARROW:extension:metadata", b"{}"))
    if extension == PERIOD:
        return period_starts(column, said["freq"], field.name)
    return interval_labels(column, said["closed"])


def period_starts(ordinals: pa.ChunkedArray, frequency: str, name: str) -> pa.ChunkedArray:
    """Periods as the times at which they begin.

    Raises:
        InvalidTableError: On a frequency that pandas doesn't know, or times that it can't represent.
    """
    numbers = ordinals.to_numpy()
    missing = ordinals.is_null().to_numpy()
    whole = np.where(missing, 0, numbers).astype(np.int64)
    missing |= whole == np.iinfo(np.int64).min  # pandas' NaT
    try:
        ordinals_of = np.where(missing, 0, whole)
        periods = pd.PeriodIndex.from_ordinals(ordinals_of, freq=frequency)  # type: ignore[attr-defined]  # not in stubs
        starts = periods.to_timestamp(how="start").to_numpy()
    except (ValueError, OverflowError) as error:
        raise InvalidTableError(
            f"column {name!r} holds periods that can't be read as times: {error}",
            field=f"file.{name}",
            value=frequency,
            limit="a frequency of pandas",
        ) from error
    return pa.chunked_array([pa.array(starts, mask=missing)])


def interval_labels(intervals: pa.ChunkedArray, closed: str) -> pa.ChunkedArray:
    """Intervals as a dictionary of labels such as ``(0.5, 1]``."""
    before, after = "[" if closed in ("left", "both") else "(", "]" if closed in ("right", "both") else ")"
    cells = intervals.to_pylist()
    texts = [
        None
        if cell is None or _is_open_ended(cell["left"]) or _is_open_ended(cell["right"])
        else f"{before}{_end(cell['left'])}, {_end(cell['right'])}{after}"
        for cell in cells
    ]
    return pa.chunked_array([pa.array(texts, pa.large_string()).dictionary_encode()])


def _is_open_ended(end: object) -> bool:
    """Whether an end is missing, as both are of an interval that is."""
    return end is None or (isinstance(end, float) and np.isnan(end))


def _end(value: object) -> str:
    if isinstance(value, float):
        return str(int(value)) if np.isfinite(value) and value == int(value) else repr(value)
    return str(value)
