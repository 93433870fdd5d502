"""A notice: something about a table that its owner should know, though it stopped nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """What was found odd in a table, and what was done about it.

    Attributes:
        code: Stable name of what was found, in lower case with underscores, such as ``"not_utf8"``; `docs/tables.md`
            lists them. A newer service may say codes that this version doesn't know.
        text: The finding in a sentence, with counts and a few of the cells, without a full stop.
        row: The first row that it is about: rows count from 1, a header doesn't; None if it is about no row.
        column: The column that it is about, if it is about one.
        count: How many cells, rows or columns it is about, where they can be counted.
    """

    code: str
    text: str
    row: int | None = None
    column: str | None = None
    count: int | None = None
