"""What a column is used as, by its Arrow type and content.

The rules, in order:

1. a column with no value is `EMPTY`;
2. a column listed as nominal, a boolean, a dictionary, a string column: `NOMINAL`; but `TEXT` where it isn't listed
   and has too many symbols to be one (`metafeatures.profile.profile_nominal`);
3. integers, floats, decimals: `NUMERIC`;
4. dates, times, timestamps, durations: `DATE`, a number of its own unit from here on;
5. anything else (lists, structs) is refused (`metafeatures.cells.types`).

A column of text whose cells are nearly all numbers, or dates as ISO 8601 writes them, has become one of these before
(`metafeatures.cells`).
"""

from collections.abc import Collection
from enum import StrEnum

import pyarrow as pa
from pyarrow import types as pt

from metafeatures.cells.types import refused_type


class Role(StrEnum):
    """What a column is used as."""

    NUMERIC = "numeric"
    NOMINAL = "nominal"
    DATE = "date"
    TEXT = "text"
    EMPTY = "empty"


def is_number(kind: pa.DataType) -> bool:
    """Whether values of this type are numbers."""
    return bool(pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind))


def is_nominal(kind: pa.DataType) -> bool:
    """Whether the type itself says that values are categories."""
    return bool(pt.is_boolean(kind) or pt.is_dictionary(kind))


def role_of(name: str, column: pa.ChunkedArray, nominal: Collection[str]) -> Role:
    """The role of a feature column, one of the plain types.

    Raises:
        InvalidTableError: On a type that isn't tabular, naming the column.
    """
    kind = column.type
    if column.null_count == len(column):
        return Role.EMPTY
    if name in nominal or is_nominal(kind):
        return Role.NOMINAL
    if is_number(kind):
        return Role.NUMERIC
    if pt.is_temporal(kind) and not pt.is_interval(kind):
        return Role.DATE
    raise refused_type(name, kind)
