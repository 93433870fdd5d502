"""What was understood of a table, from how its file was read and how its columns were used."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from metafeatures.describe import Description
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice
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


_HEADER_DOUBTS: Final = frozenset({"numeric_header", "title_header", "quoted_lines", "other_sheets"})


def _explains(notice: Notice, error: InvalidTableError) -> bool:
    """Whether what was odd about a file may be why its target is missing, or is empty."""
    if notice.code == "uncomputed_formulas":
        return error.field == f"file.{notice.column}"
    return error.field == "target" and notice.code in _HEADER_DOUBTS


@contextmanager
def described_with(reading: Reading | None) -> Iterator[None]:
    """A block that describes a file's table: where a target is missing, the error says also why that may be.

    Raises:
        InvalidTableError: The block's own, perhaps with another message.
    """
    try:
        yield
    except InvalidTableError as error:
        notices = () if reading is None else reading.notices
        hint = next((notice.text for notice in notices if _explains(notice, error)), None)
        if hint is None:
            raise
        said = {name: getattr(error, name) for name in ("field", "value", "limit", "code")}
        raise InvalidTableError.restored(message=f"{error.message}; {hint}", **said) from error
