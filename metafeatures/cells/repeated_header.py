"""Rows that repeat the header, as in files that were put one after the other."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.cells.names import is_unnamed
from metafeatures.cells.text import Labels
from metafeatures.kernels.columns import count_codes
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.notice import Notice

_LEAST_COLUMNS = 2


def without_headers(columns: Mapping[str, Labels]) -> tuple[dict[str, Labels], tuple[Notice, ...]]:
    """The columns without the cells of the rows that hold every column's own name.

    Such a row keeps its place, so that the rows after it keep their numbers, and misses every value: it is left out
    with the rows without a target.

    Args:
        columns: All columns of a table by their names; each holds text, as it does where a header is among its cells.
    """
    named = {name: labels for name, labels in columns.items() if not is_unnamed(name)}
    if len(named) < _LEAST_COLUMNS:
        return dict(columns), ()
    rows = None
    for name, labels in named.items():
        own = pc.indices_nonzero(pc.equal(labels.tidy, pa.scalar(name, labels.tidy.type))).to_numpy()
        if len(own) == 0:
            return dict(columns), ()
        holds = np.isin(labels.codes, own)
        rows = holds if rows is None else rows & holds
    if rows is None or not rows.any():
        return dict(columns), ()
    count, first = int(rows.sum()), int(np.argmax(rows)) + 1
    words = f"row {first} repeats" if count == 1 else f"{count} rows repeat"
    rest = "" if count == 1 else f", first row {first}"
    notice = Notice("repeated_header", f"{words} the header: left out{rest} ({COUNTED})", row=first, count=count)
    return {name: _without(labels, rows) for name, labels in columns.items()}, (notice,)


def _without(labels: Labels, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Labels:
    codes = np.where(rows, np.int32(-1), labels.codes)
    return replace(labels, codes=codes, counts=count_codes(codes, len(labels.texts)))
