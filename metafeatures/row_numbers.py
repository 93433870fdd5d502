"""How messages number rows: one rule, whatever was read."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

COUNTED: Final = "rows count from 1, a header doesn't"


@dataclass(frozen=True, slots=True)
class RowNumbers:
    """Numbers of a table's rows in what it was taken from.

    Attributes:
        kept: Shape ``(n_rows,)``: which rows of the original are in the table, in order; None: all of them.
    """

    kept: npt.NDArray[np.bool_] | None = None

    def number(self, position: int) -> int:
        """Number of the row at a position from 0: the original's rows count from 1, a CSV's header doesn't."""
        return 1 + (position if self.kept is None else int(np.flatnonzero(self.kept)[position]))

    def others(self) -> npt.NDArray[np.intp]:
        """Positions in the original, from 0, of its rows that are not in the table; shape ``(n_others,)``."""
        return np.empty(0, np.intp) if self.kept is None else np.flatnonzero(~self.kept)


ALL_ROWS: Final = RowNumbers()
