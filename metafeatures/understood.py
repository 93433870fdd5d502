"""What is told of a described table."""

from metafeatures.describe import Description
from warmtune.vocabulary.understanding import Reading, Understanding


def understood(description: Description, reading: Reading | None) -> Understanding:
    """What is told of a described table.

    Args:
        description: The table's.
        reading: How its file was read; None for a table that was in memory.
    """
    left_out = () if reading is None else reading.left_out
    told = () if reading is None else reading.notices
    return Understanding(
        kind=description.kind,
        kind_reason=description.kind_reason,
        columns=(*left_out, *description.columns),
        n_rows=description.n_rows,
        n_dropped_rows=description.dropped_rows,
        reading=reading,
        notices=(*told, *description.notices),
    )
