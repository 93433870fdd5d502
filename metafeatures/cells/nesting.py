"""How deep objects may lie in one another: one limit for files and for what people hold in memory.

Arrow and Python follow cells of cells by recursion, so that a cell that holds itself would end the process.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import numpy as np
import pandas as pd

from metafeatures.limits import DEFAULT_LIMITS
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

DEEPEST: Final = 50
"""Objects, or lists, in one another."""

_MOST: Final = DEFAULT_LIMITS.max_columns
_LISTS: Final = frozenset({list, tuple, set, frozenset})
_CONTAINERS: Final = (dict, list, tuple, set, frozenset, Mapping, AbstractSet, np.ndarray, pd.Series)
_PLAIN: Final = frozenset({type(None), bool, int, float, str, bytes, np.float64, np.int64, np.str_})


def too_deep(name: str) -> InvalidTableError:
    """The refusal of a column whose cells are nested deeper than any table's, or hold themselves."""
    return InvalidTableError(
        f"column {name!r} holds objects in objects, more than {DEEPEST} deep, or an object that holds itself: put each"
        " part into a column of its own, or leave the column out",
        field=f"file.{name}",
        value=f"over {DEEPEST} deep",
        limit=f"{DEEPEST} objects in one another",
    )


def check_nesting(name: str, cells: Iterable[object]) -> None:
    """Refuse cells that are nested too deep, or hold themselves, before anything follows them.

    Args:
        name: The column's, for messages.
        cells: Of any kinds; only dictionaries, lists and their like are looked into.

    Raises:
        InvalidTableError: Naming the column.
        LimitExceededError: On a cell with more objects or lists in it than a table may have columns.
    """
    for cell in cells:
        inner = _within(cell)
        if not inner:
            continue
        waiting = [(one, 2) for one in inner]
        n = 0
        while waiting:
            part, depth = waiting.pop()
            if depth > DEEPEST + 1:  # the deepest may hold a list yet, which is refused as such
                raise too_deep(name)
            n += 1
            if n > _MOST:
                raise LimitExceededError(
                    f"column {name!r} holds more than {_MOST:,} objects or lists in one cell: put each part into a"
                    " column of its own, or leave the column out",
                    field=f"file.{name}",
                    value=f"over {_MOST}",
                    limit=f"{_MOST} objects in a cell",
                )
            waiting.extend((one, depth + 1) for one in _within(part))


def _within(cell: object) -> list[object]:
    """The dictionaries, lists and their like directly in one; nothing is in any other cell."""
    kind = type(cell)
    held: Iterable[object]
    if kind is dict:
        held = cell.values()  # type: ignore[attr-defined]  # a dictionary
    elif kind in _LISTS:
        held = cell  # type: ignore[assignment]  # a list, a tuple or a set
    elif kind in _PLAIN or not isinstance(cell, _CONTAINERS):
        return []
    elif isinstance(cell, (np.ndarray, pd.Series)):
        held = cell.tolist() if cell.dtype == object and np.ndim(cell) else ()
    else:
        held = cell.values() if isinstance(cell, Mapping) else cell
    return [one for one in held if type(one) not in _PLAIN and isinstance(one, _CONTAINERS)]
