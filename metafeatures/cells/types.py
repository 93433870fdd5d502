"""Columns of any Arrow type as plain ones: numbers, strings, booleans, dictionaries of strings, times, nulls.

What is refused is refused by its type or by its first cell, with the column's name and the remedy; so it is the same
refusal whichever way the table came.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.cells.extensions import storage_of
from metafeatures.cells.times import seconds
from warmtune.vocabulary.errors import InvalidTableError

DESCRIBED = "number, string, category, boolean or date"
WIDE_INTEGERS: Final = "Int128"
"""How the names of integer types end that Arrow lacks, signed or not."""
CAST_WIDE: Final = "cast it to Int64, or to Float64"


def plain_column(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """A column of one of the plain types; the column itself where it is one.

    Binary cells are text where all of them are UTF-8. Extension types are taken for what they are stored as, but
    periods for the time at which each begins, and intervals for labels. Runs are written out.

    Raises:
        InvalidTableError: On a type that holds no single value in a cell, or on cells that are no text.
    """
    kind = column.type
    if _is_plain(kind):
        return column
    if isinstance(kind, pa.BaseExtensionType):
        return plain_column(storage_of(column, name), name)
    if pt.is_dictionary(kind):
        return _plain_dictionary(column, name)
    if pt.is_run_end_encoded(kind):
        chunks = [pc.run_end_decode(chunk) for chunk in column.chunks]
        return plain_column(pa.chunked_array(chunks, kind.value_type), name)
    if pt.is_string_view(kind):
        return column.cast(pa.large_string())
    if pt.is_binary(kind) or pt.is_large_binary(kind) or pt.is_fixed_size_binary(kind) or pt.is_binary_view(kind):
        return _text(column, name)
    raise refused_type(name, kind)


def refused_type(name: str, kind: object) -> InvalidTableError:
    """The refusal of a column for its type, naming column, type and remedy.

    Lists are only called that: what stores them calls their items otherwise, and the same table has the same refusal.
    """
    shown = "list" if isinstance(kind, pa.DataType) and _is_list(kind) else str(kind)
    return InvalidTableError(
        f"column {name!r} holds values of type {shown}: only numbers, strings, categories, booleans and dates"
        f" can be described; {_remedy(kind)}",
        field=f"file.{name}",
        value=shown,
        limit=DESCRIBED,
    )


def check_text(column: pa.Array | pa.ChunkedArray, name: str) -> None:
    """Look at the strings of a column that came as one of Arrow's, which takes them for UTF-8 unseen.

    Raises:
        InvalidTableError: On strings that are not UTF-8, be they parts of objects, naming the column.
        ArrowInvalid: On an array that is damaged otherwise.
    """
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):
            raise
        raise InvalidTableError(
            f"column {name!r} holds bytes that are not UTF-8 text; decode them, or leave the column out",
            field=f"file.{name}",
            value=str(column.type),
            limit="UTF-8",
        ) from error


def _is_plain(kind: pa.DataType) -> bool:
    if pt.is_dictionary(kind):
        return bool(pt.is_string(kind.value_type) or pt.is_large_string(kind.value_type))
    return bool(
        pt.is_boolean(kind)
        or pt.is_integer(kind)
        or pt.is_floating(kind)
        or pt.is_decimal(kind)
        or pt.is_string(kind)
        or pt.is_large_string(kind)
        or pt.is_null(kind)
        or (pt.is_temporal(kind) and not pt.is_interval(kind))
    )


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pt.is_list(kind)
        or pt.is_large_list(kind)
        or pt.is_fixed_size_list(kind)
        or pt.is_list_view(kind)
        or pt.is_large_list_view(kind)
    )


def _remedy(kind: object) -> str:
    if str(kind).endswith(WIDE_INTEGERS):
        return CAST_WIDE
    if not isinstance(kind, pa.DataType):
        return "leave it out, or make a column of numbers or of labels of it"
    if pt.is_nested(kind):
        return "put each part of a cell into a column of its own, or leave the column out"
    if pt.is_interval(kind):
        return "convert it to a number of seconds or days, or leave it out"
    return "leave it out, or make a column of numbers or of labels of it"


def _text(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Binary cells as strings.

    Raises:
        InvalidTableError: On cells that are not UTF-8, naming the first.
    """
    if pt.is_fixed_size_binary(column.type) or pt.is_binary_view(column.type):
        column = column.cast(pa.large_binary() if pt.is_binary_view(column.type) else pa.binary())
    try:
        return column.cast(pa.large_string())
    except pa.ArrowInvalid as error:
        cells = column.to_pylist()
        row = next(i for i, cell in enumerate(cells) if cell is not None and not _is_utf8(cell))
        raise InvalidTableError(
            f"column {name!r} holds bytes that are not UTF-8 text, first {cells[row][:20]!r}; decode them, or leave"
            " the column out",
            field=f"file.{name}",
            value=cells[row][:20],
            limit="UTF-8",
        ) from error


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def _plain_dictionary(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """A dictionary of anything as one of strings: each value's label, missing ones as null."""
    column = column.unify_dictionaries()
    if column.num_chunks == 0:
        return pa.chunked_array([], pa.dictionary(pa.int32(), pa.large_string()))
    chunk = column.combine_chunks()
    if isinstance(chunk, pa.ChunkedArray):  # what has no chunk combines to none
        chunk = chunk.chunk(0)
    labels = labels_of(chunk.dictionary, name)
    return encoded(chunk.indices, labels)


def encoded(indices: pa.Array, labels: pa.Array) -> pa.ChunkedArray:
    """A dictionary column whose labels are distinct strings, none of them null.

    Args:
        indices: Into `labels`, null where missing.
        labels: Strings; equal ones become one, rows of a null one miss their value.
    """
    distinct = pc.unique(labels).drop_null()
    place = pc.index_in(labels, value_set=distinct)  # null for null
    codes = place.take(indices.cast(pa.int32()))
    return pa.chunked_array([pa.DictionaryArray.from_arrays(codes, distinct)])


def labels_of(values: pa.Array, name: str) -> pa.Array:
    """Values of any type as strings (large); whole floats are labelled like integers, NaN is null.

    Times are labelled by their seconds, which no unit of storage changes.
    """
    plain = plain_column(pa.chunked_array([values]), name)
    if pt.is_dictionary(plain.type):
        plain = plain.cast(plain.type.value_type)
    kind = plain.type
    array = plain.combine_chunks() if plain.num_chunks != 1 else plain.chunk(0)
    if pt.is_null(kind):
        return pa.nulls(len(array), pa.large_string())
    if pt.is_floating(kind) or pt.is_decimal(kind):
        numbers = np.asarray(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
        return pa.array([number_label(float(v)) for v in numbers], pa.large_string())
    if pt.is_temporal(kind):
        return pa.array([number_label(float(v)) for v in seconds(plain)], pa.large_string())
    return array.cast(pa.large_string())


def number_label(value: float) -> str | None:
    """A number as a label: 1 for 1.0; None for NaN."""
    if np.isnan(value):
        return None
    return str(int(value)) if np.isfinite(value) and value == int(value) else repr(value)
