"""Tables and columns of any library as lists of plain Python values; what they are is detected by what they can do."""

import math
from collections.abc import Iterable, Mapping, Set
from typing import Protocol, runtime_checkable

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.text import is_unicode

_ROWS = "a data frame, a two-dimensional array, or a list of rows"
_TIMES = "mM"  # numpy's kinds of durations and times, whose `tolist` and `item` may give bare numbers


@runtime_checkable
class Frame(Protocol):
    """What data frames of pandas and polars have in common."""

    @property
    def columns(self) -> Iterable[object]:
        """Names of the columns."""

    def __getitem__(self, name: object, /) -> Iterable[object]: ...


class Array(Protocol):
    """What numpy's arrays and pandas' series have in common."""

    def tolist(self) -> list[object]:
        """Its values, or its rows."""


def is_missing(value: object) -> bool:
    """Whether a plain value stands for none: None, NaN, and pandas' NA and NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def plain(value: object, *place: object) -> object:
    """A numpy scalar as Python's value of the same kind; all else as it is.

    Args:
        value: Any.
        place: The steps to it, for a refusal.

    Raises:
        InvalidInputError: On numpy's times and durations, which pass for bare numbers, of nanoseconds or of days; on
            a text with half a character (a lone surrogate), which can't be sent.
    """
    if isinstance(value, str) and not is_unicode(value):
        field = ".".join(map(str, place))
        raise InvalidInputError(f"{field} can't be sent", field=field, value=value, limit="Unicode characters")
    if getattr(value, "shape", None) != ():  # pandas' own scalars have no shape
        return value
    if _kind_of(value) in _TIMES:
        field = ".".join(map(str, place))
        raise InvalidInputError(
            f"{field} is a time", field=field, value=value, limit="a finite number, a text or a boolean"
        )
    return value.item()  # type: ignore[attr-defined]  # what has numpy's empty shape has its `item`


def rows_of(table: object, field: str) -> list[list[object]]:
    """A table row by row, with None where a cell is missing.

    Args:
        table: A data frame of pandas or polars, a two-dimensional array, or rows: lists, tuples, arrays, series.
        field: What to call it in a refusal.

    Raises:
        InvalidInputError: On anything else; a text is no row, nor are a mapping's keys. On numpy's times, too.
    """
    rows = [
        [plain(cell, field, index, n) for n, cell in enumerate(_listed(row, f"{field}.{index}", "a list of cells"))]
        for index, row in enumerate(_raw_rows(table, field))
    ]
    return [[None if is_missing(cell) else cell for cell in row] for row in rows]


def column_of(column: object, field: str) -> list[object]:
    """A column's values, missing ones as they are.

    Args:
        column: A list, a tuple, a one-dimensional array or a series.
        field: What to call it in a refusal.

    Raises:
        InvalidInputError: On a data frame, a text, what has no values, or numpy's times.
    """
    if isinstance(column, Frame):
        raise InvalidInputError(
            f"{field} is a data frame", field=field, value=type(column).__name__, limit="a list, an array or a series"
        )
    values = _listed(column, field, "a list, an array or a series")
    return [plain(value, field, index) for index, value in enumerate(values)]


def _raw_rows(table: object, field: str) -> Iterable[object]:
    if hasattr(table, "itertuples"):  # pandas
        return list(table.itertuples(index=False, name=None))
    if hasattr(table, "iter_rows"):  # polars
        return list(table.iter_rows())
    if isinstance(table, Frame):  # to go on would take its columns for rows
        raise InvalidInputError(
            f"{field} is a table of an unknown kind", field=field, value=type(table).__name__, limit=_ROWS
        )
    return _listed(table, field, _ROWS)


def _listed(given: object, field: str, limit: str) -> list[object]:
    listed = given.tolist() if hasattr(given, "tolist") and _kind_of(given) not in _TIMES else given
    if not isinstance(listed, Iterable) or isinstance(listed, (str, bytes, Mapping, Set)):
        raise InvalidInputError(f"{field} should be {limit}", field=field, value=given, limit=limit)
    return list(listed)


def _kind_of(value: object) -> str:
    """The kind of numpy's values, one letter; of others a blank."""
    return str(getattr(getattr(value, "dtype", None), "kind", " "))
