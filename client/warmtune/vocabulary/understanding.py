"""How a table was understood: what its file is, what each column is used as, which kind of task it makes."""

from dataclasses import dataclass

from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.task import TaskKind


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What a column is used as.

    Attributes:
        name: Of the column.
        role: ``"numeric"``, ``"nominal"``, ``"date"``, ``"text"``, ``"empty"`` (no value), ``"left_out"`` (an index,
            a column that was to be ignored), or ``"target"``.
        reason: Why, in a few words.
    """

    name: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table was read from its file.

    Attributes:
        format: ``"csv"`` (whatever the delimiter is), ``"parquet"``, ``"arrow_file"``, ``"xlsx"``, ...
        n_rows: Rows that were read.
        compression: ``"gzip"``, ``"zip"``, ...; None for a file that isn't compressed.
        encoding: Of text, such as ``"utf-8"`` or ``"cp1252"``; None for a binary format.
        delimiter: Between the fields of a row: a character, or ``"spaces"`` for runs of blanks; None where a row
            isn't divided by one.
        decimal_mark: ``"."`` or ``","``; None where the format stores numbers.
        quote: Around cells: ``'"'`` or ``"'"``; None where there is none.
        sheet: Name of the spreadsheet's sheet.
        n_skipped_rows: Lines or rows of the file that hold no data: blank ones, comments, a ``sep=`` line.
        left_out: Columns of the file that are none of the table, such as an index that pandas kept.
        notices: What was odd.
    """

    format: str
    n_rows: int
    compression: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal_mark: str | None = None
    quote: str | None = None
    sheet: str | None = None
    n_skipped_rows: int = 0
    left_out: tuple[ColumnUse, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was understood of a table, as every answer that describes one says.

    Attributes:
        kind: What is predicted.
        kind_reason: Why it is taken to be of that kind.
        columns: Every column in the table's order, the target and those that were left out included.
        n_rows: Rows that were described: those with a target value.
        n_dropped_rows: Rows that were left out because their target is missing.
        reading: How the file was read; None for a table that was in memory.
        notices: What was odd: of the file first, then of its cells.
    """

    kind: TaskKind
    kind_reason: str
    columns: tuple[ColumnUse, ...]
    n_rows: int
    n_dropped_rows: int = 0
    reading: Reading | None = None
    notices: tuple[Notice, ...] = ()
