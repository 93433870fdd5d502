"""Flags behind numbers, as statistical offices and reports write them: ``12.3 p`` for provisional, ``5*``, ``7 [1]``.

A flag says something about the number and is no part of it; a unit is. They are distinguished by the closed set of
flags that offices use, and by this: where there are flags, many numbers have none.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_LETTERS: Final = "[bcdefinprsuz]{1,3}"  # Eurostat's, several side by side
_SIGNS: Final = r"\*{1,3}|[†‡§]|[¹²³⁴-⁹]{1,2}|\([A-Za-z0-9]{1,2}\)|\[[A-Za-z0-9]{1,2}\]"
_FLAGGED: Final = rf"^(?P<number>.*\d[.,]?)(?: (?P<letters>{_LETTERS})| ?(?P<signs>{_SIGNS}))$"
BARE_SHARE: Final = 0.25
"""Of the numbers at least so many have no flag: else what follows them may be units."""
LEAST_NUMBERS: Final = 10
"""Different ones: fewer may be classes, ``1`` and ``1*`` two of them."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """Labels without the flags that may be behind them.

    Attributes:
        labels: Strings (large), the flags taken away.
        is_flagged: Shape ``(n_labels,)``: which of them had one.
        flags: Those that occur, in order.
    """

    labels: pa.Array
    is_flagged: npt.NDArray[np.bool_]
    flags: tuple[str, ...]


def without_flags(labels: pa.Array) -> Flagged | None:
    """Labels, strings (large) without blanks around, that may be numbers with flags; None where none is.

    What is left need not be a number.
    """
    parts = pc.extract_regex(labels, _FLAGGED)
    if parts.null_count == len(parts):
        return None
    is_flagged = parts.is_valid()
    bare = pc.utf8_rtrim_whitespace(parts.field("number"))
    flags = pc.binary_join_element_wise(
        parts.field("letters"), parts.field("signs"), pa.scalar("", labels.type)
    ).filter(is_flagged)
    return Flagged(
        pc.if_else(is_flagged, bare, labels),
        is_flagged.to_numpy(zero_copy_only=False),
        tuple(sorted(pc.unique(flags).to_pylist())),
    )
