"""One column of anything that people hold in memory, as a plain Arrow column."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from metafeatures.cells.nesting import check_nesting
from metafeatures.cells.structs import nested_cell, struct_of
from metafeatures.cells.types import WIDE_INTEGERS, check_text, number_label, plain_column, refused_type
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.text import is_unicode

_NESTED = (Sequence, Mapping, AbstractSet, np.ndarray, pd.Series, pd.DataFrame)
_SINGLE = (str, bytes, bytearray, memoryview)  # sequences of Python's too
_TIMES = (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64)
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}>")
_NO_NUMPY_KIND = "cV"  # complex numbers, structures


@runtime_checkable
class ArrowArray(Protocol):
    """What hands out an Arrow array of its own: columns of polars, for one."""

    def to_arrow(self) -> pa.Array | pa.ChunkedArray:
        """The same values."""


def arrow_column(values: object, name: str) -> pa.ChunkedArray:
    """A column as a plain Arrow one.

    Args:
        values: A series of pandas or polars, an array of numpy or Arrow, a tensor, a list: one value a row.
        name: The column's, for messages.

    Raises:
        InvalidTableError: On values that can't be described, naming column, first such row, and remedy.
    """
    return plain_column(_arrow(values, name), name)


def feature_column(values: object, name: str) -> pa.ChunkedArray:
    """The same for a column of features, which may hold objects: they are spread where all tables' cells are read."""
    column = _arrow(values, name)
    return column if pa.types.is_struct(column.type) else plain_column(column, name)


def as_series(values: object, name: str) -> pd.Series:
    """Values as a series of pandas, masked ones missing.

    Raises:
        InvalidTableError: If there isn't one value a row.
    """
    if isinstance(values, pd.Series):
        return values
    if isinstance(values, (pd.Index, pd.api.extensions.ExtensionArray)):
        return pd.Series(values)
    if isinstance(values, np.ma.MaskedArray):
        return _unmasked(values, name)
    if isinstance(values, np.ndarray):
        array = values
    elif hasattr(values, "__array__"):
        array = as_array(values, f"column {name!r}", field=f"file.{name}")
    elif isinstance(values, Iterable) and not isinstance(values, (str, bytes, Mapping, AbstractSet)):
        listed = list(values)
        array = np.empty(len(listed), dtype=object)
        for row, value in enumerate(listed):  # one by one: numpy would take lists apart
            array[row] = value
        return pd.Series(array, dtype=object)
    else:
        raise InvalidTableError(
            f"column {name!r} is {with_article(type(values).__name__)}; give a list or an array of its values",
            field=f"file.{name}",
            value=values,
            limit="one value for each row",
        )
    if array.ndim != 1:
        raise InvalidTableError(
            f"column {name!r} has shape {array.shape}; give each of its columns a name of its own",
            field=f"file.{name}",
            value=array.shape,
            limit="one value for each row",
        )
    return pd.Series(_native(array, name))


def as_array(values: object, what: str, *, field: str | None = None) -> npt.NDArray[np.generic]:
    """What hands out an array of numpy, such as a tensor, as that array.

    Args:
        values: Has ``__array__``.
        what: Its name, for messages.
        field: Of the error; by default `what`.

    Raises:
        InvalidTableError: If it hands out none, as a tensor on another device or of a type that numpy doesn't know.
    """
    try:
        if hasattr(
            values, "detach"
        ):  # torch's: numpy takes neither gradients nor numbers of 16 bits with 8 of exponent
            values = values.detach().cpu()
            if "bfloat16" in str(getattr(values, "dtype", "")):
                values = values.float()  # type: ignore[attr-defined]  # torch's
        return np.asarray(values)
    except (ArithmeticError, AttributeError, RuntimeError, TypeError, ValueError) as error:  # as libraries raise
        kind = type(values).__name__
        raise InvalidTableError(
            f"{what} is {with_article(kind)} that numpy can't hold: {error}; give an array of floats (float(), cpu())",
            field=field or what,
            value=kind,
            limit="numeric types of numpy",
        ) from error


def _arrow(values: object, name: str) -> pa.ChunkedArray:
    """A column as one of Arrow's of any type."""
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        array = values
        check_text(array, name)
    elif type(values).__module__.partition(".")[0] == "polars":
        array = _from_polars(values, name)
    else:
        array = _from_pandas(as_series(values, name), name)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _unmasked(values: "np.ma.MaskedArray[tuple[int, ...], np.dtype[np.generic]]", name: str) -> pd.Series:
    """A masked array of one dimension, masked values missing; integers become floats."""
    data = _native(np.asarray(values.data), name)
    series = pd.Series(data)
    return series.mask(np.ma.getmaskarray(values))


def _native(array: npt.NDArray[np.generic], name: str) -> npt.NDArray[np.generic]:
    """An array of a type that Arrow knows: this machine's byte order, at most 64 bits."""
    kind = array.dtype.kind
    if kind in _NO_NUMPY_KIND:
        raise _refused(name, array.dtype)
    if kind == "f" and array.dtype.itemsize > np.dtype(np.float64).itemsize:
        with np.errstate(over="ignore"):  # what is beyond becomes infinite, and is refused with its row
            return array.astype(np.float64)
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    if kind == "m" and np.datetime_data(array.dtype.str)[0] == "generic":
        return array.astype("timedelta64[s]")
    return array


def _from_polars(series: object, name: str) -> pa.Array | pa.ChunkedArray:
    kind = str(getattr(series, "dtype", ""))
    if kind == "Object" or kind.endswith(WIDE_INTEGERS) or not isinstance(series, ArrowArray):
        raise _refused(name, kind)  # no reader takes a file of 128 bits, and a table is refused by all ways or by none
    try:
        return series.alias("").to_arrow()  # type: ignore[attr-defined]  # its panic over a NUL in a name is no Exception
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise _refused(name, kind) from error


def _from_pandas(series: pd.Series, name: str) -> pa.Array | pa.ChunkedArray:
    if isinstance(series.dtype, pd.SparseDtype):
        series = pd.Series(np.asarray(series))
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _from_categories(series, name)
    if isinstance(series.dtype, np.dtype) and series.dtype != object:
        series = pd.Series(_native(series.to_numpy(), name))
    if series.dtype == object:
        kind = pd.api.types.infer_dtype(series, skipna=True)
        if kind.startswith("mixed") or kind == "unknown-array":
            check_nesting(name, series)
        if _mixes_times(series, kind):
            return _from_objects(series, name)
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, OverflowError, TypeError, UnicodeError, ValueError) as error:
        if series.dtype != object:
            raise _refused(name, series.dtype) from error
        return _from_objects(series, name)


def _from_categories(series: pd.Series, name: str) -> pa.Array:
    """Categories by their labels, whatever they are."""
    codes = series.cat.codes.to_numpy()
    categories = series.cat.categories
    try:
        labels = arrow_column(categories, name)
        values = labels.combine_chunks()
        values = values.chunk(0) if isinstance(values, pa.ChunkedArray) else values
    except InvalidTableError:
        values = pa.array([_text(category, name, row=None) for category in categories], pa.large_string())
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=codes < 0), values)


def _from_objects(series: pd.Series, name: str) -> pa.Array:
    """Python objects of several types: numbers where all are, else texts.

    Raises:
        InvalidTableError: On a cell that holds several values, or a text that can't be sent.
    """
    cells = [None if missing else cell for cell, missing in zip(series, _missing(series), strict=True)]
    if any(isinstance(cell, Mapping) for cell in cells) and all(c is None or isinstance(c, Mapping) for c in cells):
        return struct_of(name, cells, lambda part, parts: _from_pandas(as_series(parts, part), part))
    for row, cell in enumerate(cells):
        if isinstance(cell, _NESTED) and not isinstance(cell, _SINGLE):
            raise nested_cell(name, row + 1, cell)
        if isinstance(cell, (complex, np.complexfloating)):
            raise _refused(name, "complex")
    if all(cell is None or _is_number(cell) for cell in cells):
        return pa.array([None if cell is None else _float(cell) for cell in cells], pa.float64(), from_pandas=True)
    return pa.array([_text(cell, name, row=row) for row, cell in enumerate(cells)], pa.large_string())


def _mixes_times(series: pd.Series, kind: str) -> bool:
    """Whether dates, times or durations stand among other cells; `kind` is what pandas infers of these.

    Arrow would take numbers behind them for microseconds or days, whichever the first cell suggests.
    """
    if not kind.startswith("mixed"):
        return False
    is_time = [isinstance(cell, _TIMES) for cell in series[series.notna()]]
    return any(is_time) and not all(is_time)


def _missing(series: pd.Series) -> Sequence[bool]:
    found: Sequence[bool] = series.isna().tolist()
    return found


def _is_number(cell: object) -> bool:
    if isinstance(cell, (bool, np.bool_)):
        return False
    return isinstance(cell, (int, float, Decimal, Fraction, np.integer, np.floating))


def _float(cell: object) -> float:
    try:
        return float(cell)  # type: ignore[arg-type]  # a number
    except OverflowError:
        return float("inf") if cell > 0 else float("-inf")  # type: ignore[operator]


def _text(cell: object, name: str, *, row: int | None) -> str | None:
    """A cell as a text; numbers as labels, so that 1 and 1.0 are one.

    Raises:
        InvalidTableError: On half a character.
    """
    if cell is None:
        return None
    if isinstance(cell, (float, np.floating)):
        return number_label(float(cell))
    text = cell.decode("utf-8", errors="surrogateescape") if isinstance(cell, bytes) else str(cell)
    if not isinstance(cell, (str, bytes)) and _ADDRESS.search(text):  # another one each time
        raise refused_type(name, type(cell).__name__)
    if is_unicode(text):
        return text
    place = "a category" if row is None else f"row {row + 1}"
    raise InvalidTableError(
        f"column {name!r} holds {'bytes' if isinstance(cell, bytes) else 'half a character (a lone surrogate)'} in"
        f" {place}, which is not text: correct it, or leave the column out",
        field=f"file.{name}",
        value=cell,
        limit="Unicode characters",
    )


def _refused(name: str, kind: object) -> InvalidTableError:
    if "complex" in str(kind):
        return InvalidTableError(
            f"column {name!r} holds complex numbers: put its real and imaginary part into two columns, or leave it out",
            field=f"file.{name}",
            value=str(kind),
            limit="real numbers",
        )
    return refused_type(name, kind)
