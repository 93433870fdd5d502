"""From what people hold in memory to one Arrow table of plain columns, with a target."""

import dataclasses
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence, Sized
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from metafeatures.cells.names import LEVELS, joined_levels, tidy_names
from metafeatures.cells.nesting import check_nesting
from metafeatures.float_errors import own_float_errors
from metafeatures.input_columns import arrow_column, as_array, as_series, feature_column
from metafeatures.limits import DEFAULT_LIMITS, TableLimits
from metafeatures.own_faults import is_own_fault
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidTableError, WarmtuneError

_X = "a data frame, an array, an Arrow table, a dictionary of columns, or a list of rows"
_REMEDIES: Final = MappingProxyType(
    {
        "bytes": "write it to a file, and give its pathlib.Path",
        "StringIO": "write it to a file, and give its pathlib.Path",
        "BytesIO": "write it to a file, and give its pathlib.Path",
        "TextIOWrapper": "give the file's pathlib.Path",
        "BufferedReader": "give the file's pathlib.Path",
        "DataFrameGroupBy": "give the frame that is grouped",
        "Styler": "give its frame, X.data",
        "Bunch": "give its data as X, and its target as y",
        "memoryview": "give numpy.asarray(X)",
        "array": "give numpy.asarray(X)",
        "Dataset": "give one frame of it (to_dataframe, to_table)",
        "InMemoryDataset": "give X.to_table()",
        "FileSystemDataset": "give X.to_table()",
        "DataLoader": "give tensors of all rows",
    }
)


def as_table(
    data: object,
    y: object = None,
    *,
    target: object = None,
    ignore: Collection[str] | None = None,
    limits: TableLimits = DEFAULT_LIMITS,
) -> tuple[pa.Table, str]:
    """One table and the name of its target column.

    Args:
        data: Features, or features and target in one: a frame of pandas or polars (or of whatever hands out Arrow's
            C stream), an Arrow table or record batch, an array or tensor of one or two dimensions, a structured array,
            a sparse matrix, a dictionary of columns, a list of records or of rows. Columns without a name become x0,
            x1, ...; empty and repeated names get numbers. A frame's index is left out.
        y: The target where `data` doesn't hold it: a column of any of these.
        target: Name of the target column: needed without `y`; with it, the name that `y` gets.
        ignore: Columns that will be left out: they may hold anything.
        limits: Sizes above which the table is refused.

    Returns:
        The table, and its target's name: `target`, the series' own name, or ``"target"``.

    Raises:
        InvalidTableError: On data that is no table, a `y` of another length, no `target`, or a name that is taken; also
            where objects within it raise whatever they like when they are read.
        LimitExceededError: On more rows, columns or cells than allowed.
    """
    try:
        with own_float_errors():
            return _table_of(data, y, target, ignore=ignore or (), limits=limits)
    except (WarmtuneError, MemoryError):
        raise
    except Exception as error:  # objects of any class are read, which may raise anything
        if is_own_fault(error, data, y):
            raise
        raise InvalidTableError(
            f"the data can't be read as a table: {type(error).__name__}: {error}", field="X", limit=_X
        ) from error


def _table_of(
    data: object, y: object, target: object, *, ignore: Collection[str], limits: TableLimits
) -> tuple[pa.Table, str]:
    columns = _columns(data, limits)
    limits.check_shape(0, len(columns), field="X")
    has_levels = any(isinstance(name, tuple) for name, _ in columns)
    names, _ = tidy_names([_named(name) for name, _ in columns])
    metadata = {LEVELS: b"1"} if has_levels else None
    arrays = [_feature(values, name, ignore) for name, (_, values) in zip(names, columns, strict=True)]
    n_rows = _common_length(names, arrays)
    limits.check_shape(n_rows, len(arrays), field="X")
    if y is None:
        if target is None:
            raise InvalidTableError("name the target column, or pass y", field="target", limit="column name")
        return pa.Table.from_arrays(arrays, names=names, metadata=metadata), _named(target)
    labels, name = _labels(y, target, names)
    if name in names:
        raise InvalidTableError(
            f"the features already have a column {name!r}", field="target", value=name, limit="a new name"
        )
    if len(labels) != n_rows:
        raise InvalidTableError(
            f"X has {n_rows} rows, y has {len(labels)}", field="y", value=len(labels), limit=f"{n_rows} rows"
        )
    limits.check_shape(n_rows, len(arrays) + 1, field="X")
    return pa.Table.from_arrays([*arrays, labels], names=[*names, name], metadata=metadata), name


def _feature(values: object, name: str, ignore: Collection[str]) -> pa.ChunkedArray:
    """A column of features; one to ignore that can't be described, as one without a meaning."""
    try:
        return feature_column(values, name)
    except InvalidTableError:
        if name not in ignore or not isinstance(values, Sized):
            raise
        return pa.chunked_array([pa.repeat(pa.scalar(False), len(values))])


def _named(name: object) -> str:
    """A name as a text, one of several levels joined; half characters, which nothing can store, become ``?``."""
    text = joined_levels(name) if isinstance(name, tuple) else str(name)
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _common_length(names: Sequence[str], arrays: Sequence[pa.ChunkedArray]) -> int:
    for name, array in zip(names, arrays, strict=True):
        if len(array) != len(arrays[0]):
            raise InvalidTableError(
                f"column {name!r} has {len(array)} rows, column {names[0]!r} has {len(arrays[0])}",
                field=f"file.{name}",
                value=len(array),
                limit=f"{len(arrays[0])} rows",
            )
    return len(arrays[0]) if arrays else 0


def _columns(data: object, limits: TableLimits) -> list[tuple[object, object]]:
    """Names and values of the columns, each of any kind."""
    if isinstance(data, pd.Series):
        data = data.to_frame()
    if isinstance(data, pd.DataFrame):
        limits.check_shape(*data.shape, field="X")
        return [(name, data.iloc[:, j]) for j, name in enumerate(data.columns)]
    if _is_of(data, "polars"):
        return _polars_columns(data)
    table = _arrow_table(data)
    if table is not None:
        limits.check_shape(table.num_rows, table.num_columns, field="X")
        return list(zip(table.column_names, table.columns, strict=True))
    if isinstance(data, np.matrix):
        data = np.asarray(data)
    if hasattr(data, "tocsc") and hasattr(data, "shape"):
        return _sparse_columns(data, limits)
    if isinstance(data, Mapping):
        if _is_of(data, "sklearn"):
            raise _refused(data)
        return list(data.items())
    if isinstance(data, np.ndarray) or hasattr(data, "__array__"):
        return _array_columns(data if isinstance(data, np.ndarray) else as_array(data, "X"), limits)
    if isinstance(data, (list, tuple)):
        return _row_columns([_record(row) for row in data])
    if isinstance(data, str):
        raise InvalidTableError(
            f"X is a string; for a file pass a pathlib.Path({data!r}), and the name of its target as y",
            field="X",
            value=data,
            limit=_X,
        )
    raise _refused(data)


def _refused(data: object) -> InvalidTableError:
    name = type(data).__name__
    remedy = _REMEDIES.get(name, "give list(X)" if isinstance(data, Iterator) else f"give {_X}")
    what = "None" if data is None else with_article(name)
    return InvalidTableError(f"X is {what}; {remedy}", field="X", value=name, limit=_X)


def _is_of(data: object, library: str) -> bool:
    return type(data).__module__.partition(".")[0] == library


def _polars_columns(data: object) -> list[tuple[object, object]]:
    if hasattr(data, "collect"):  # a lazy frame
        data = data.collect()
    if hasattr(data, "to_frame"):  # a series
        data = data.to_frame()
    if not hasattr(data, "get_columns"):
        raise _refused(data)
    return [(series.name, series) for series in data.get_columns()]


def _arrow_table(data: object) -> pa.Table | None:
    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, pa.RecordBatchReader):
        return data.read_all()
    if hasattr(data, "__arrow_c_stream__"):
        try:
            return pa.table(data)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise InvalidTableError(
                f"X can't be converted to an Arrow table: {error}", field="X", value=type(data).__name__, limit=_X
            ) from error
    return None


def _sparse_columns(data: object, limits: TableLimits) -> list[tuple[object, object]]:
    """Columns of a sparse matrix, written out; what isn't stored is 0."""
    shape = tuple(getattr(data, "shape", ()))
    if len(shape) != 2:  # rows and columns
        raise InvalidTableError("a sparse matrix of 2 dimensions is needed", field="X", value=f"shape {shape}")
    limits.check_shape(*shape, field="X")
    limits.check_bytes(shape[0] * shape[1] * 8, field="X")
    by_column = data.tocsc()  # type: ignore[attr-defined]  # asked for before
    return [(f"x{j}", np.asarray(by_column[:, [j]].todense()).ravel()) for j in range(shape[1])]


def _array_columns(array: np.ndarray, limits: TableLimits) -> list[tuple[object, object]]:
    if array.dtype.names is not None and array.ndim == 1:
        return [(name, array[name]) for name in array.dtype.names]
    matrix = array[:, None] if array.ndim == 1 else array
    if matrix.ndim != 2 or matrix.dtype.names is not None:  # rows and columns
        raise InvalidTableError(
            "an array of features must have one row for each sample and one column for each feature",
            field="X",
            value=f"shape {array.shape}, type {array.dtype}",
            limit="2 dimensions",
        )
    limits.check_shape(*matrix.shape, field="X")
    return [(f"x{j}", np.asarray(matrix[:, j]) if _is_plain(matrix) else matrix[:, j]) for j in range(matrix.shape[1])]


def _is_plain(matrix: np.ndarray) -> bool:
    return not isinstance(matrix, np.ma.MaskedArray)


def _record(row: object) -> object:
    """A row with names, as a named tuple or an instance of a data class, as a mapping; any other as it is."""
    if isinstance(row, tuple) and hasattr(row, "_fields"):
        return dict(zip(row._fields, row, strict=True))
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    return row


def _row_columns(rows: list[object]) -> list[tuple[object, object]]:
    """Columns of a list of records, or of rows."""
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))  # type: ignore[attr-defined]
        return [(name, [row.get(name) for row in rows]) for name in names]  # type: ignore[attr-defined]
    listed = [list(row) if isinstance(row, (list, tuple, np.ndarray)) else None for row in rows]
    if not rows or any(row is None for row in listed):
        raise InvalidTableError(
            "a list of features must be a list of rows, or of records",
            field="X",
            value=rows,
            limit="rows of equal length",
        )
    widths = {len(row) for row in listed if row is not None}
    if len(widths) > 1:
        raise InvalidTableError(
            f"rows have {min(widths)} to {max(widths)} cells", field="X", value=sorted(widths), limit="one length"
        )
    return [(f"x{j}", [row[j] for row in listed if row is not None]) for j in range(widths.pop())]


def _labels(y: object, target: object, taken: Iterable[str]) -> tuple[pa.ChunkedArray, str]:
    values = _single(y)
    own = getattr(values, "name", None)
    name = _named(target) if target is not None else None
    if name is None and isinstance(own, Hashable) and own is not None and not callable(own) and str(own) != "":
        name = _named(own).strip()
    if name is None:
        name = "target"
        while name in taken:
            name += "_"
    return arrow_column(values, name), name


def _single(y: object) -> object:
    """A column, where it came as a frame or matrix of one."""
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        return y.iloc[:, 0]
    if isinstance(y, (pa.Array, pa.ChunkedArray, pd.Series)):
        return y
    if _is_of(y, "polars"):
        columns = y.get_columns() if hasattr(y, "get_columns") else [y]
        return columns[0] if len(columns) == 1 else _refuse_several(f"{len(columns)} columns")
    if isinstance(y, pa.Table) and y.num_columns == 1:
        return y.column(0)
    if isinstance(y, np.matrix) or hasattr(y, "tocsc"):
        y = np.asarray(y.todense() if hasattr(y, "todense") else y)
    shape = getattr(y, "shape", None)
    if shape is not None and not isinstance(y, pd.api.extensions.ExtensionArray):
        array = y if isinstance(y, np.ndarray) else as_array(y, "y")
        if array.ndim == 2 and array.shape[1] == 1:  # a column
            array = array[:, 0]
        return array if array.ndim == 1 else _refuse_several(f"shape {tuple(shape)}")
    series = as_series(y, "y")
    if len(series) and all(isinstance(value, (list, tuple)) for value in series):
        check_nesting("y", series)
        array = np.asarray(list(series))
        return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else _refuse_several(f"shape {array.shape}")
    return series


def _refuse_several(shape: str) -> object:
    raise InvalidTableError(
        f"y has {shape}, and must have one value for each row; of classes as indicators give y.argmax(axis=1)",
        field="y",
        value=shape,
        limit="1 dimension",
    )
