"""How deep objects may lie in one another: one limit for files and for what people hold in memory.

Arrow and Python follow cells of cells by recursion, so that a cell that holds itself would end the process.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import numpy as np
import pandas as pd

from metafeatures.limits import DEFAULT_LIMITS
from warmtune.vocabulary.errors import InvalidTableError

DEEPEST: Final = 50
"""Objects, or lists, in one another."""

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
        LimitExceededError: On a cell with more objects in it than columns are allowed.
    """
    for cell in cells:
        if type(cell) in _PLAIN or not isinstance(cell, _CONTAINERS):
            continue
        waiting: list[tuple[object, int]] = [(cell, 1)]
        n = 0
        while waiting:
            part, depth = waiting.pop()
            if depth > DEEPEST + 1:  # the deepest may hold a list yet, which is refused as such
                raise too_deep(name)
            n += 1
            if n > DEFAULT_LIMITS.max_columns:
                DEFAULT_LIMITS.check_shape(0, n)
            waiting.extend((inner, depth + 1) for inner in _within(part))


def _within(cell: object) -> list[object]:
    """The dictionaries, lists and their like directly in one."""
    if isinstance(cell, (np.ndarray, pd.Series)):
        held: Iterable[object] = cell.tolist() if cell.dtype == object and np.ndim(cell) else ()
    elif isinstance(cell, Mapping):
        held = cell.values()
    else:
        held = cell  # type: ignore[assignment]  # a list, a tuple or a set
    return [inner for inner in held if type(inner) not in _PLAIN and isinstance(inner, _CONTAINERS)]
