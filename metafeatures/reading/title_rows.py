"""Titles above a table that a spreadsheet padded with delimiters, so that they are as wide as its rows."""

from collections.abc import Sequence
from typing import Final

from metafeatures.reading.dialect import is_number, may_be_number

_MOST_TITLES: Final = 20
_LEAST_ROWS: Final = 2


def titles_above(records: Sequence[Sequence[str]]) -> int:
    """How many of the first records are titles: 0 where the first one is the header.

    A title fills at most half of its cells from the first on, or is a key with a colon and its value, or stands above
    a blank line and lacks a cell; the header below fills all with different words, or all but the first third, and some
    column holds numbers only under it.

    Args:
        records: The first ones, a blank line as an empty one. A last field that all of them leave empty doesn't count.
    """
    above = max((k for k, record in enumerate(records[:_MOST_TITLES]) if not record), default=0)
    filled = [record for record in records if record]
    n_fields = len(filled[0]) if filled else 0
    if n_fields > 1 and all(len(record) < n_fields or not record[-1].strip() for record in filled):
        n_fields -= 1  # every line ends with a delimiter
        filled = [record[:n_fields] for record in filled]
    if n_fields < 2 or not _is_title(filled[0], n_fields, is_apart=above > 0):
        return 0
    for k, record in enumerate(filled[: _MOST_TITLES + 1]):
        if _is_header(record, n_fields):
            return k if _holds_numbers(filled[k + 1 :], n_fields) else 0
        if not _is_title(record, n_fields, is_apart=k < above) and any(cell.strip() for cell in record):
            return 0
    return 0


def _is_title(record: Sequence[str], n_fields: int, *, is_apart: bool) -> bool:
    filled = [k for k, cell in enumerate(record) if cell.strip()]
    if not filled or filled != list(range(len(filled))):
        return False
    is_key = record[0].strip().endswith(":") and len(filled) < n_fields
    return is_key or (is_apart and len(filled) < n_fields) or 2 * len(filled) <= max(n_fields, 2)


def _is_header(record: Sequence[str], n_fields: int) -> bool:
    names = [cell.strip() for cell in record]
    while len(names) > 2 * n_fields / 3 and not names[0]:
        names = names[1:]  # tables of offices name the figures, and not what they are about
    is_whole = len(record) == n_fields and len(names) == len(set(names))
    return is_whole and "" not in names and not any(map(is_number, names))


def _holds_numbers(rows: Sequence[Sequence[str]], n_fields: int) -> bool:
    """Whether some column holds numbers, and nothing else, in at least two rows."""
    return any(
        sum(is_number(row[j]) for row in rows if j < len(row)) >= _LEAST_ROWS
        and all(may_be_number(row[j]) for row in rows if j < len(row))
        for j in range(n_fields)
    )
