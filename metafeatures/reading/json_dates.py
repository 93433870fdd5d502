"""Numbers in JSON that stand for moments, by the rule of `pandas.read_json`: a frame of the same file holds dates."""

import re
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import types as pt

from warmtune.vocabulary.notice import Notice

_NAME: Final = re.compile(r".*(_at|_time)|modified|date|datetime|timestamp.*", re.IGNORECASE | re.DOTALL)
_FIRST_STAMP: Final = 31_536_000  # a year after 1970 in seconds: what is less counts something else
_TICKS: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_MOST_NS: Final = 2.0**63


def with_epochs(table: pa.Table) -> tuple[pa.Table, tuple[Notice, ...]]:
    """The table with columns named like dates, whose numbers count ticks since 1970, as moments.

    The unit is the largest with which all of them lie in the range of 64-bit nanoseconds.
    """
    notices = []
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if not (pt.is_integer(field.type) or pt.is_floating(field.type)) or not _NAME.fullmatch(field.name):
            continue
        numbers = column.cast(pa.float64(), safe=False).to_numpy()
        present = numbers[~np.isnan(numbers)]
        if not present.size or not (present > _FIRST_STAMP).all():
            continue
        unit = next((u for u, n in _TICKS.items() if present.max() < _MOST_NS / 10**9 * n), None)
        if unit is None:
            continue
        ticks = column.cast(pa.int64(), safe=False)
        table = table.set_column(place, field.name, ticks.cast(pa.timestamp(unit)))
        words = f"column {field.name!r} holds numbers of {unit} since 1970: taken as dates"
        notices.append(Notice("epoch_dates", words, column=field.name))
    return table, tuple(notices)
