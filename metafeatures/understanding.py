"""What was understood of a table, from how its file was read and how its columns were used."""

from dataclasses import replace

from metafeatures.describe import Description
from warmtune.vocabulary.understanding import Reading, Understanding


def understanding_of(description: Description, reading: Reading | None = None) -> Understanding:
    """One value for all that an answer says of a table; `reading` is None for what was in memory."""
    left_out = () if reading is None else reading.left_out
    noticed = () if reading is None else reading.notices
    return Understanding(
        kind=description.kind,
        kind_reason=description.kind_reason,
        columns=(*left_out, *description.columns),
        n_rows=description.n_rows,
        n_dropped_rows=description.dropped_rows,
        reading=None if reading is None else replace(reading, left_out=(), notices=()),
        notices=(*noticed, *description.notices),
    )
