"""Any table that scikit-learn's users hold, as a pandas frame."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TypeGuard

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import unmasked
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

MAX_DENSE_CELLS = 200_000_000
"""A sparse matrix is filled up to this many cells: 1.6 GB."""


def as_frame(X: object) -> pd.DataFrame:
    """The columns of a table; those of an array are called x0, x1, ..., as in descriptions.

    Args:
        X: A frame of pandas or polars, an Arrow table, an array, a sparse matrix, a dictionary of columns, a list of
            rows or of records, with at least one row and one column.

    Raises:
        InvalidTableError: If it is no table, or an empty one, or has complex numbers.
        LimitExceededError: On a sparse matrix of more than `MAX_DENSE_CELLS` cells.
    """
    frame = _frame(X)
    n_rows, n_columns = frame.shape
    if n_rows == 0:
        raise InvalidTableError(
            f"Found array with 0 sample(s) (shape={frame.shape}) while a minimum of 1 is required.",
            field="X",
            value=frame.shape,
        )
    if n_columns == 0:
        raise InvalidTableError(
            f"Found array with 0 feature(s) (shape={frame.shape}) while a minimum of 1 is required.",
            field="X",
            value=frame.shape,
        )
    return frame


def has_named_columns(X: object) -> bool:
    """Whether the columns of a table have names of their own; arrays, sparse matrices and lists of rows have none."""
    return isinstance(X, (pd.DataFrame, Mapping)) or hasattr(X, "collect") or _is_arrow(X) or _are_records(X)


def _frame(X: object) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, (str, bytes, PathLike)):
        raise InvalidTableError(
            f"X is one {type(X).__name__}: read the file, with pandas say, or use warmtune tune and warmtune predict",
            field="X",
            value=X,
            limit="a table in memory",
        )
    if hasattr(X, "collect"):  # a lazy frame of polars
        X = X.collect()
    if hasattr(X, "toarray") and hasattr(X, "shape"):
        return _named(_dense(X))
    if _is_arrow(X):
        return _from_arrow(X)
    if isinstance(X, Mapping) or _are_records(X):
        return _of_names(X)
    array = _array(X)
    if isinstance(X, (list, tuple)) and array.dtype.kind in "USO":  # numpy makes texts of the numbers beside texts
        return _named(_array(np.asarray(X, dtype=object))).infer_objects()
    return _named(array)


def _are_records(X: object) -> TypeGuard[Sequence[Mapping[str, object]]]:
    return isinstance(X, (list, tuple)) and len(X) > 0 and isinstance(X[0], Mapping)


def _of_names(X: Mapping[str, object] | Sequence[Mapping[str, object]]) -> pd.DataFrame:
    try:
        return pd.DataFrame(dict(X) if isinstance(X, Mapping) else X)
    except (ValueError, TypeError, AttributeError) as error:  # columns of several lengths, a record that is none
        raise InvalidTableError(f"X is no table: {error}", field="X", value=type(X).__name__) from error


def _is_arrow(X: object) -> bool:
    return hasattr(X, "__arrow_c_stream__") or type(X).__module__.partition(".")[0] == "pyarrow"


def _named(array: NDArray[np.generic]) -> pd.DataFrame:
    return pd.DataFrame(array, columns=[f"x{j}" for j in range(array.shape[1])])


def _array(X: object) -> NDArray[np.generic]:
    try:
        array = np.asarray(unmasked(X))
    except ValueError as error:
        raise InvalidTableError(f"X is no table: {error}", field="X", value=type(X).__name__) from error
    if array.ndim != 2:
        raise InvalidTableError(
            f"Expected 2D array, got {'scalar' if array.ndim == 0 else f'{array.ndim}D'} array instead. Reshape your "
            "data either using array.reshape(-1, 1) if it has a single feature or array.reshape(1, -1) if it is a "
            "single sample",
            field="X",
            value=array.shape,
            limit="2 dimensions",
        )
    if np.iscomplexobj(array):
        raise InvalidTableError("Complex data not supported", field="X", value=str(array.dtype), limit="real numbers")
    return array


def _dense(X: object) -> NDArray[np.generic]:
    n_rows, n_columns = X.shape  # type: ignore[attr-defined]  # asked for by the caller
    if n_rows * n_columns > MAX_DENSE_CELLS:
        raise LimitExceededError(
            f"a sparse matrix of {n_rows} x {n_columns} is too large to be made dense: "
            "use your own estimator, one that takes sparse matrices",
            field="X",
            value=(n_rows, n_columns),
            limit=f"{MAX_DENSE_CELLS} cells",
        )
    return _array(X.toarray())  # type: ignore[attr-defined]  # asked for by the caller


def _from_arrow(X: object) -> pd.DataFrame:
    import pyarrow as pa  # noqa: PLC0415  # only where such a table comes

    from warmtune.pipelines.arrow_frames import frame_of  # noqa: PLC0415  # as above

    return frame_of(X if isinstance(X, pa.Table) else pa.table(X))
