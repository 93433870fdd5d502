"""From what people hold in memory to one Arrow table with a target."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from metafeatures.limits import DEFAULT_LIMITS, TableLimits
from metafeatures.reading import check_names
from warmtune.vocabulary.errors import InvalidTableError

Features: TypeAlias = pd.DataFrame | pd.Series | npt.NDArray[np.generic] | pa.Table
Labels: TypeAlias = pd.Series | pd.DataFrame | npt.NDArray[np.generic] | pa.Array | pa.ChunkedArray | list[object]


def as_table(
    data: Features, y: Labels | None = None, *, target: str | None = None, limits: TableLimits = DEFAULT_LIMITS
) -> tuple[pa.Table, str]:
    """One table and the name of its target column.

    Args:
        data: Features, or features and target in one. Columns of an array are named x0, x1, ...; names that are no
            strings become such. Columns of mixed types become strings.
        y: The target where `data` doesn't hold it.
        target: Name of the target column: needed without `y`; with it, the name that `y` gets.
        limits: Sizes above which the table is refused.

    Returns:
        The table, and its target's name: `target`, the series' own name, or ``"target"``.

    Raises:
        InvalidTableError: On data that is no table, a `y` of another length, no `target`, or a name that is taken.
        LimitExceededError: On more rows, columns or cells than allowed.
    """
    table = _features(data, limits)
    check_names(table.column_names)
    if y is None:
        if target is None:
            raise InvalidTableError("say which column is the target, or give y", field="target", limit="column name")
        return table, target
    labels, name = _labels(y, target, set(table.column_names))
    if name in table.column_names:
        raise InvalidTableError(
            f"the features already have a column {name!r}", field="target", value=name, limit="a new name"
        )
    if len(labels) != table.num_rows:
        raise InvalidTableError(
            f"X has {table.num_rows} rows, y has {len(labels)}",
            field="y",
            value=len(labels),
            limit=f"{table.num_rows} rows",
        )
    limits.check_shape(table.num_rows, table.num_columns + 1, field="X")
    return table.append_column(name, labels), name


def _features(data: Features, limits: TableLimits) -> pa.Table:
    if isinstance(data, pa.Table):
        limits.check_shape(data.num_rows, data.num_columns, field="X")
        return data
    if isinstance(data, np.ndarray):
        matrix = data[:, None] if data.ndim == 1 else data
        if matrix.ndim != 2 or matrix.dtype.names is not None:
            raise InvalidTableError(
                "an array of features has one row a sample and one column a feature",
                field="X",
                value=f"shape {data.shape}, type {data.dtype}",
                limit="2 dimensions",
            )
        limits.check_shape(*matrix.shape, field="X")
        return pa.table({f"x{j}": _array(matrix[:, j], f"x{j}") for j in range(matrix.shape[1])})
    frame = data.to_frame() if isinstance(data, pd.Series) else data
    if not isinstance(frame, pd.DataFrame):
        raise InvalidTableError(
            f"X is a {type(data).__name__}", field="X", value=type(data).__name__, limit="DataFrame, array or Table"
        )
    limits.check_shape(*frame.shape, field="X")
    names = [str(name) for name in frame.columns]
    check_names(names)
    columns = [_array(frame.iloc[:, j], name) for j, name in enumerate(names)]
    return pa.table(dict(zip(names, columns, strict=True)))


def _labels(y: Labels, target: str | None, taken: set[str]) -> tuple[pa.Array | pa.ChunkedArray, str]:
    values = y
    if isinstance(values, pd.DataFrame) and values.shape[1] == 1:
        values = values.iloc[:, 0]
    name = target
    if name is None and isinstance(values, pd.Series) and values.name is not None:
        name = str(values.name)
    if name is None:
        name = "target"
        while name in taken:
            name += "_"
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values, name
    if not isinstance(values, pd.Series):
        array = np.asarray(values)
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim != 1:
            raise InvalidTableError(
                "y has one value a row", field="y", value=f"shape {array.shape}", limit="1 dimension"
            )
        return _array(array, name), name
    return _array(values, name), name


def _array(values: pd.Series | npt.NDArray[np.generic], name: str) -> pa.Array | pa.ChunkedArray:
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    if isinstance(series.dtype, pd.SparseDtype):
        series = pd.Series(np.asarray(series))
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
        if series.dtype != object:
            raise InvalidTableError(
                f"column {name!r} holds values of type {series.dtype}",
                field=f"X.{name}",
                value=str(series.dtype),
                limit="number, string, category, boolean or date",
            ) from error
        texts = [None if missing else str(value) for value, missing in zip(series, series.isna(), strict=True)]
        return pa.array(texts, type=pa.string())
