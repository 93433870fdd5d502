"""What is reported of rows that are left out because they have no class."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from metafeatures.cells.table import Cells
from metafeatures.row_numbers import COUNTED, RowNumbers
from warmtune.vocabulary.notice import Notice

_REPORTED = frozenset({"missing_words", "odd_target_cells"})


def missing_classes(cells: Cells, rows: RowNumbers) -> tuple[Notice, ...]:
    """A notice of rows whose class is missing: pandas and Arrow take words such as None and NA for that in silence.

    Args:
        cells: The table, all rows.
        rows: Number those that have a class.
    """
    held = _that_hold_something(cells.table, np.setdiff1d(rows.others(), cells.odd_rows))
    told = sum(n.count or 0 for n in cells.notices if n.column == cells.target and n.code in _REPORTED)
    count = len(held) - told
    if count <= 0:
        return ()
    first = None if told else int(held[0]) + 1
    where = "" if first is None else f", first row {first} ({COUNTED})"
    words = (
        f"{count} row{' has' if count == 1 else 's have'} no class in {cells.target!r}, be it that the cell is empty or"
        f" a word for missing such as NA or None: left out{where}; if it is a class, write another word"
    )
    return (Notice("missing_classes", words, row=first, column=cells.target, count=count),)


def _that_hold_something(table: pa.Table, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Of the rows, from 0, those with a value; what was no row of the table holds none."""
    holds = np.zeros(len(rows), np.bool_)
    places = pa.array(rows)
    for column in table.columns:
        if holds.all():
            break
        holds |= column.take(places).is_valid().to_numpy()
    return rows[holds]
