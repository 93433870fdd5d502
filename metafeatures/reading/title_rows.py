"""Titles above a table that a spreadsheet padded with delimiters, so that they are as wide as its rows."""

from collections.abc import Sequence
from typing import Final

from metafeatures.reading.dialect import is_number, may_be_number

_MOST_TITLES: Final = 20
_LEAST_ROWS: Final = 2


def titles_above(records: Sequence[Sequence[str]]) -> int:
    """How many of the first records are titles: 0 where the first one is the header.

    A title fills at most half of its cells from the first on, or is a key with a colon and its value; the header below
    fills all with different words, and some column holds numbers only under it.
    """
    n_fields = len(records[0]) if records else 0
    if n_fields < 2 or not _is_title(records[0], n_fields):
        return 0
    for k, record in enumerate(records[: _MOST_TITLES + 1]):
        if _is_header(record, n_fields):
            return k if _holds_numbers(records[k + 1 :], n_fields) else 0
        if not _is_title(record, n_fields) and any(cell.strip() for cell in record):
            return 0
    return 0


def _is_title(record: Sequence[str], n_fields: int) -> bool:
    filled = [k for k, cell in enumerate(record) if cell.strip()]
    if not filled or filled != list(range(len(filled))):
        return False
    is_key = record[0].strip().endswith(":") and len(filled) < n_fields
    return is_key or 2 * len(filled) <= max(n_fields, 2)


def _is_header(record: Sequence[str], n_fields: int) -> bool:
    names = {cell.strip() for cell in record}
    return len(record) == n_fields == len(names) and "" not in names and not any(map(is_number, names))


def _holds_numbers(rows: Sequence[Sequence[str]], n_fields: int) -> bool:
    """Whether some column holds numbers, and nothing else, in at least two rows."""
    return any(
        sum(is_number(row[j]) for row in rows if j < len(row)) >= _LEAST_ROWS
        and all(may_be_number(row[j]) for row in rows if j < len(row))
        for j in range(n_fields)
    )
