"""Some rows of whatever users hold as features, targets and weights."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import indexable

from warmtune.tables.paths import check_in_memory
from warmtune.vocabulary.errors import InvalidInputError

Rows = NDArray[np.intp]


def rows_of(values: object, rows: Rows) -> object:
    """These rows of a frame (pandas, polars), an Arrow table, an array, a sparse matrix or a list, as the same type."""
    if values is None:
        return None
    if hasattr(values, "iloc"):
        return values.iloc[rows]
    if hasattr(values, "take") and type(values).__module__.partition(".")[0] == "pyarrow":
        return values.take(rows)
    if isinstance(values, (list, tuple)):
        return [values[i] for i in rows]
    return values[rows]  # type: ignore[index]  # arrays, sparse matrices, frames and series of polars


def of_equal_length(X: object, y: object, groups: object) -> tuple[object, object, object]:
    """The three with as many rows each, sparse matrices in a form that has rows.

    Raises:
        InvalidInputError: If `X` is a dictionary or a path, or `y` or `groups` a text.
        ValueError: scikit-learn's, on different lengths.
    """
    check_in_memory(X, y, remedy="read the file with pandas, or tune by warmtune tune")
    if isinstance(groups, (str, bytes)):  # its letters would be taken for rows
        raise InvalidInputError(
            f"groups is one {type(groups).__name__}: pass the group of each row, as in groups=X[{groups!r}]",
            field="groups",
            value=groups,
            limit="a value for each row",
        )
    if hasattr(X, "collect"):  # a lazy frame of polars
        X = X.collect()
    if X is not None and type(X).__module__.partition(".")[0] == "pyarrow":
        indexable(np.empty(X.num_rows), y, groups)  # type: ignore[attr-defined]  # its tables have that
        return X, y, groups
    if isinstance(X, Mapping) and not hasattr(X, "tocsr"):  # of scipy's matrices, one is a dictionary
        raise InvalidInputError(
            "X is a dictionary of columns, which has no rows to choose from",
            field="X",
            value=list(X),
            limit="pandas.DataFrame(X)",
        )
    X, y, groups = indexable(X, y, groups)
    return X, y, groups


def n_rows_of(values: object) -> int | None:
    """The number of rows of something that has rows, else None."""
    if isinstance(values, (str, bytes, Mapping)):
        return None
    shape = getattr(values, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else None
    return len(values) if hasattr(values, "__len__") else None


def sliced(params: Mapping[str, object], rows: Rows, *, n_rows: int) -> dict[str, object]:
    """Parameters of `fit` for these rows: what has a value for each row of the table is cut, the rest stays."""
    return {name: rows_of(value, rows) if n_rows_of(value) == n_rows else value for name, value in params.items()}
