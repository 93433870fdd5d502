"""The first step of every pipeline that is built for a user: columns of any type as the models' preparation takes them.

What each column is read as is decided when the pipeline is built, so that a table to predict is read as the table that
was learned from, whatever its columns happen to hold.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types as pt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from warmtune.pipelines.columns import MISSING
from warmtune.pipelines.frames import as_frame, has_named_columns
from warmtune.pipelines.times import is_temporal, seconds
from warmtune.vocabulary.errors import InvalidTableError

TEXT_SYMBOLS = 100
"""A column of strings is text above this many different ones, if they are also most of its cells."""
TEXT_SHARE = 0.5


class ColumnRole(StrEnum):
    """What a column is read as."""

    NUMBER = "number"
    DATE = "date"
    CATEGORY = "category"
    TEXT = "text"


def roles_of(X: pd.DataFrame, *, nominal: Collection[object] = ()) -> tuple[str, ...]:
    """The role of each column, in order.

    Numbers and booleans, and strings that are all numbers, are numbers; dates, times, durations, and strings that are
    all dates or times as ISO 8601 writes them, are dates; other strings, objects and categories are categories, or
    text where nearly every row has another one.

    Args:
        X: The columns.
        nominal: Names of columns whose values are names, whatever they are stored as.

    Raises:
        InvalidTableError: On complex numbers, lists or other objects in cells.
    """
    return tuple(
        str(ColumnRole.CATEGORY if name in nominal else _role_of(X.iloc[:, j], str(name)))
        for j, name in enumerate(X.columns)
    )


class TableReader(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Reads tables into frames of floats and strings with the columns ``c0``, ``c1``, ...

    Dates and durations become seconds; categories become strings; a column of text becomes its numbers of characters
    and of words. Gaps stay gaps (NaN), for the preparation that follows; a column of nothing else becomes constant.

    Args:
        roles: What each column is read as (`ColumnRole`), in order.
    """

    def __init__(self, roles: Sequence[str]) -> None:
        self.roles = roles

    def fit(self, X: object, y: object = None) -> "TableReader":
        """Note the names of the columns of `X`, and which hold nothing; what they are is known."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: object, y: object = None, **fit_params: object) -> pd.DataFrame:
        """As `fit`, then `transform`."""
        del y, fit_params
        frame = as_frame(X)
        validate_data(self, _as_checked(X, frame), skip_check_array=True)
        if len(self.roles) != frame.shape[1]:
            raise InvalidTableError(
                f"X has {frame.shape[1]} features, but the pipeline was built for {len(self.roles)}",
                field="X",
                value=frame.shape,
                limit=f"{len(self.roles)} columns",
            )
        read = self._read(frame)
        self.empty_ = [name for name in read.columns if read[name].isna().all()]
        categories = {j: _categories_of(frame, j) for j, role in enumerate(self.roles) if role == ColumnRole.CATEGORY}
        self.categories_ = {j: sorted(set(found)) for j, found in categories.items()}
        return self._filled(read)

    def transform(self, X: object) -> pd.DataFrame:
        """The read columns; shape ``(n, p)``, or wider by one for each column of text."""
        check_is_fitted(self)
        frame = as_frame(X)
        validate_data(self, _as_checked(X, frame), reset=False, skip_check_array=True)
        return self._filled(self._read(frame))

    def unseen_categories(self, X: object) -> dict[str, list[str]]:
        """Cells with a category that the table of `fit` didn't have, by the name of their column: all, in their order.

        Of a reader that an earlier version stored, nothing is known.
        """
        check_is_fitted(self)
        frame = as_frame(X)
        found = {}
        for j, known in getattr(self, "categories_", {}).items():
            among = frozenset(known)
            found[str(frame.columns[j])] = [cell for cell in _categories_of(frame, j) if cell not in among]
        return {name: cells for name, cells in found.items() if cells}

    def _read(self, frame: pd.DataFrame) -> pd.DataFrame:
        read = [
            column
            for j, role in enumerate(self.roles)
            for column in _READERS[ColumnRole(role)](frame.iloc[:, j], str(frame.columns[j]))
        ]
        columns = {f"c{j}": pd.Series(column, frame.index, dtype=column.dtype) for j, column in enumerate(read)}
        return pd.DataFrame(columns, index=frame.index)

    def _filled(self, read: pd.DataFrame) -> pd.DataFrame:
        """Columns without a value in what was learned from become constant: some models can't bin what isn't there."""
        for name in self.empty_:
            read[name] = 0.0 if read[name].dtype == np.float64 else MISSING
        return read

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return hasattr(self, "empty_")

    def __sklearn_tags__(self) -> object:
        """What it takes: nearly everything."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


def _as_checked(X: object, frame: pd.DataFrame) -> object:
    """What scikit-learn looks at for names and number of columns; which frames have names depends on its version."""
    names = list(frame.columns)
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        return frame.to_numpy()  # names that scikit-learn refuses count for nothing
    if has_named_columns(X):
        return frame
    return X if hasattr(X, "shape") else frame.to_numpy()


def _role_of(column: pd.Series, name: str) -> ColumnRole:
    if pt.is_complex_dtype(column.dtype):
        raise InvalidTableError(
            f"Complex data not supported: column {name!r}", field=f"X.{name}", value=str(column.dtype)
        )
    if isinstance(column.dtype, pd.CategoricalDtype):
        return ColumnRole.CATEGORY
    if pt.is_numeric_dtype(column.dtype) or pt.is_bool_dtype(column.dtype):
        return ColumnRole.NUMBER
    if is_temporal(column):
        return ColumnRole.DATE
    there = column.dropna()
    if there.empty:
        return ColumnRole.NUMBER
    texts = _plain(there, name).astype(str).str.strip()
    if pd.to_numeric(texts, errors="coerce").notna().all():
        return ColumnRole.NUMBER
    if not np.isnan(seconds(there)).any():
        return ColumnRole.DATE
    n_symbols = texts.nunique()
    return ColumnRole.TEXT if n_symbols > max(TEXT_SYMBOLS, TEXT_SHARE * len(texts)) else ColumnRole.CATEGORY


def _plain(there: pd.Series, name: str) -> pd.Series:
    """Cells that are values.

    Raises:
        InvalidTableError: On a list, a dictionary or another container in a cell.
    """
    odd = next((cell for cell in there if isinstance(cell, (list, tuple, set, dict, np.ndarray))), None)
    if odd is not None:
        raise InvalidTableError(
            f"the argument must be a string or a real number, not {type(odd).__name__!r}: column {name!r} holds one",
            field=f"X.{name}",
            value=odd,
            limit="numbers, strings, dates",
        )
    return there


def _numbers(column: pd.Series, name: str) -> list[NDArray[np.float64]]:
    if pt.is_complex_dtype(column.dtype):
        raise InvalidTableError(
            f"Complex data not supported: column {name!r}", field=f"X.{name}", value=str(column.dtype)
        )
    if pt.is_numeric_dtype(column.dtype) or pt.is_bool_dtype(column.dtype):
        return [column.to_numpy(dtype=np.float64, na_value=np.nan)]
    plain = column.astype(object).where(column.notna(), None)
    found = pd.to_numeric(plain.map(lambda cell: cell.strip() if isinstance(cell, str) else cell), errors="coerce")
    odd = plain[found.isna() & plain.notna()]
    if len(odd):
        raise InvalidTableError(
            f"column {name!r} was read as numbers when the model was made, but {odd.iloc[0]!r} isn't one: correct the "
            "cell, or make the model anew with the column listed as nominal, if its values are names",
            field=f"X.{name}",
            value=odd.iloc[0],
            limit="numbers",
        )
    return [found.to_numpy(dtype=np.float64, na_value=np.nan)]


def _dates(column: pd.Series, name: str) -> list[NDArray[np.float64]]:
    found = seconds(column)
    odd = column[np.isnan(found) & column.notna().to_numpy()]
    if len(odd):
        raise InvalidTableError(
            f"column {name!r} was read as times, but {odd.iloc[0]!r} isn't one",
            field=f"X.{name}",
            value=odd.iloc[0],
            limit="dates and times as ISO 8601 writes them",
        )
    return [found]


def _categories(column: pd.Series, name: str) -> list[NDArray[np.object_]]:
    known: dict[object, str] = {}
    is_there = column.notna().to_numpy()
    cells = _plain(column.astype(object), name).to_numpy()
    labels = np.full(len(cells), np.nan, dtype=object)
    for i in np.flatnonzero(is_there):
        key = (type(cells[i]), cells[i])
        if key not in known:
            known[key] = _label(cells[i])
        labels[i] = known[key]
    return [labels]


def _categories_of(frame: pd.DataFrame, j: int) -> list[str]:
    """The categories of a column's cells that have one, in their order."""
    (labels,) = _categories(frame.iloc[:, j], str(frame.columns[j]))
    return [label for label in labels if isinstance(label, str)]


def _label(cell: object) -> str:
    """The same text for 1, 1.0 and numpy's: a gap elsewhere makes floats of a column of whole numbers."""
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)


def _texts(column: pd.Series, name: str) -> list[NDArray[np.float64]]:
    del name
    texts = column.astype(object).where(column.notna(), None)
    characters = texts.map(lambda cell: np.nan if cell is None else len(str(cell)))
    words = texts.map(lambda cell: np.nan if cell is None else len(str(cell).split()))
    return [found.to_numpy(dtype=np.float64) for found in (characters, words)]


_Read = list[NDArray[np.float64]] | list[NDArray[np.object_]]
_READERS: Mapping[ColumnRole, Callable[[pd.Series, str], _Read]] = {
    ColumnRole.NUMBER: _numbers,
    ColumnRole.DATE: _dates,
    ColumnRole.CATEGORY: _categories,
    ColumnRole.TEXT: _texts,
}
