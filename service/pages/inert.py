"""Names as text that does nothing: in pages, in pictures, and in tables that a spreadsheet opens."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from warmtune.vocabulary.text import JOINERS, inert

Cell: TypeAlias = str | int | float | bool | None

_BLANK: Final = JOINERS | frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Blank, but no blanks by their category: joiners, fillers of Hangul, and Braille's pattern without a dot."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings that a spreadsheet takes for a formula, the full-width forms included."""


def is_visible(text: str) -> bool:
    """Whether some sign of the inert text leaves a mark on a page: blanks, joiners and fillers don't."""
    return any(not unicodedata.category(sign).startswith("Z") and sign not in _BLANK for sign in text)


def inert_cell(value: Cell) -> Cell:
    """A value of a table whose texts are inert."""
    return inert(value) if isinstance(value, str) else value


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A table as CSV in UTF-8; a text that a spreadsheet would compute begins with an apostrophe."""
    return csv_rows([columns]) + csv_rows(rows)


def csv_rows(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows of such a table, for one that is written part by part."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
    return buffer.getvalue().encode()


def _csv_cell(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    shown = inert(value)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown
