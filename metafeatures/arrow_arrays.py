"""From Arrow columns to numpy arrays, one column at a time so that a table is never held twice."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.arrays import CodeArray, FloatArray, HashArray
from metafeatures.cells.times import seconds
from metafeatures.cells.types import labels_of
from metafeatures.kernels.columns import hash_strings

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A nominal column: codes into its labels.

    Attributes:
        codes: Shape ``(n_rows,)``; -1 is missing.
        labels: The distinct labels, as strings; some may be unused.
    """

    codes: CodeArray
    labels: pa.Array


def to_floats(column: pa.ChunkedArray) -> FloatArray:
    """A numeric column, or a temporal one in seconds, as float64 with NaN for nulls; without a copy where possible.

    Shape ``(n,)``, a value for each row.
    """
    kind = column.type
    if pt.is_temporal(kind):
        return read_only(seconds(column))
    if pt.is_decimal(kind):  # by way of text: Arrow's own cast isn't the nearest float, which the same cell of a CSV is
        column = column.cast(pa.string()).cast(pa.float64())
    elif pt.is_float16(kind) or (column.null_count and pt.is_integer(kind)):
        column = column.cast(pa.float64(), safe=False)
    chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return read_only(np.ascontiguousarray(chunk.to_numpy(zero_copy_only=False), dtype=np.float64))


def to_codes(column: pa.ChunkedArray) -> CodedColumn:
    """Any column as codes, shape ``(n_rows,)``, into string labels; whole floats are labelled like integers."""
    if pt.is_float16(column.type):
        column = column.cast(pa.float64())  # the same labels; Arrow 19 counts no half floats
    kind = column.type
    if pt.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
        column = pc.add(column, pa.scalar(0.0, kind))  # negative zeros are zeros, which have one label
    if not pt.is_dictionary(kind):
        column = pc.dictionary_encode(column)
    chunk = column.unify_dictionaries().combine_chunks()
    indices = chunk.indices.cast(pa.int32())
    codes = indices.fill_null(-1).to_numpy(zero_copy_only=False) if indices.null_count else indices.to_numpy()
    labels = labels_of(chunk.dictionary, "categories")
    if labels.null_count:  # a dictionary may itself hold a null
        nulls = np.flatnonzero(labels.is_null().to_numpy(zero_copy_only=False))
        codes = np.where(np.isin(codes, nulls), np.int32(-1), codes)
        labels = labels.fill_null("")
    return CodedColumn(read_only(np.ascontiguousarray(codes, dtype=np.int32)), labels)


def string_hashes(labels: pa.Array) -> HashArray:
    """A 64-bit hash of each string; shape ``(n_labels,)``."""
    labels = labels.cast(pa.large_string())
    if len(labels) == 0:
        return np.empty(0, dtype=np.uint64)
    offsets = np.frombuffer(labels.buffers()[1], dtype=np.int64, count=len(labels) + 1, offset=8 * labels.offset)
    data = labels.buffers()[2]
    content = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.empty(0, dtype=np.uint8)
    return hash_strings(read_only(offsets), read_only(content))


def read_only(values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """A read-only view: Arrow's buffers are read-only, and kernels are compiled once for each kind of array.

    Of the same shape as `values`, whose memory it shares.
    """
    view = values.view()
    view.flags.writeable = False
    return view
