"""A dialect of delimited text, and how it divides a record."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from metafeatures.arrays import ByteArray
from metafeatures.kernels.records import squeeze_blanks

SPACES: Final = "spaces"
FIXED: Final = "fixed width"
NO_QUOTE: Final = "\x1f"  # stands in no text: a quote is part of a cell
_NUMBER: Final = re.compile(r"\s*[-+\u2212]?[$€£]?(\d{1,3}([., \u00a0]\d{3})+|\d+)?([.,]\d+)?([eE][-+]?\d+)?\s*%?\s*")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How delimited text is written.

    Attributes:
        delimiter: One character, `SPACES` for runs of blanks, or `FIXED` for columns of a fixed width.
        n_fields: Fields of most records.
        header_fields: Fields of the header.
        quote: Around fields.
        escape: What makes the next character an ordinary one inside quotes, or None where a quote is doubled.
        is_blank_padded: Whether blanks stand between a delimiter and the quote that follows.
        header_at: First byte of the header, from the beginning of the text.
        body_at: First byte after the header's line.
        comment: What begins a line that is none of the table, or None.
        n_skipped: Lines before the header that hold something: comments, a ``sep=`` line, a title.
        n_blank: Blank lines before the header.
        spans: Where columns of a fixed width stand, in characters of a line; none where a delimiter divides cells.
    """

    delimiter: str
    n_fields: int
    header_fields: int
    quote: str = '"'
    escape: str | None = None
    is_blank_padded: bool = False
    header_at: int = 0
    body_at: int = 0
    comment: str | None = None
    n_skipped: int = 0
    n_blank: int = 0
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def separator(self) -> str:
        """The delimiter as a character, once runs of blanks, or gaps between columns of a fixed width, became tabs."""
        return "\t" if self.delimiter in (SPACES, FIXED) else self.delimiter


def split_record(record: str, dialect: Dialect) -> list[str]:
    """The fields of one record."""
    return next(records_in(record, dialect), [])


def records_in(text: str, dialect: Dialect) -> Iterator[list[str]]:
    """The fields of each record, as far as the text can be divided."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=" " if dialect.delimiter == SPACES else dialect.separator,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        skipinitialspace=dialect.is_blank_padded or dialect.delimiter == SPACES,
    )
    while True:
        try:
            yield next(reader)
        except (StopIteration, csv.Error):
            return


def squeezed(data: ByteArray, dialect: Dialect) -> ByteArray:
    """The text without blanks around its delimiters; runs of blanks become tabs.

    Args:
        data: Bytes of the text, shape ``(n_bytes,)``.
        dialect: How its fields are delimited.

    Returns:
        Shape ``(m,)``, at most ``n_bytes`` long.
    """
    out = np.empty(data.size, np.uint8)
    is_run = dialect.delimiter == SPACES
    n = squeeze_blanks(data, ord(dialect.separator), ord(dialect.quote), is_run, out)
    return out[:n]


def line_end(text: bytes, at: int) -> int:
    """The byte after a line's end."""
    ends = [place for place in (text.find(b"\n", at), text.find(b"\r", at)) if place >= 0]
    if not ends:
        return len(text)
    end = min(ends)
    return end + 2 if text[end : end + 2] == b"\r\n" else end + 1


def may_be_number(cell: str) -> bool:
    """Whether a cell is empty, or looks like a number."""
    return _NUMBER.fullmatch(cell) is not None


def is_number(cell: str) -> bool:
    """Whether a cell looks like a number, in whatever notation."""
    return any(c.isdigit() for c in cell) and may_be_number(cell)
