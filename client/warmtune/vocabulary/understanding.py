"""How a table was understood: what its file is, what each column is used as, which kind of task it makes."""

import textwrap
from collections import Counter
from dataclasses import dataclass
from typing import Final

from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.task import TaskKind

_WIDTH: Final = 80
_SHOWN: Final = 8
_NAMES: Final = {
    "csv": "CSV",
    "parquet": "Parquet",
    "arrow_file": "Arrow",
    "arrow_stream": "Arrow stream",
    "xlsx": ".xlsx",
    "xlsb": ".xlsb",
    "xls": ".xls",
    "ods": ".ods",
    "json_lines": "JSON Lines",
    "json": "JSON",
    "arff": "ARFF",
}
_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes", "spaces": "runs of blanks"}


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

    def __str__(self) -> str:
        """In a few words: what is as usual is left out."""
        parts = [_NAMES.get(self.format, self.format)]
        if self.format == "csv" and self.delimiter is not None:
            parts.append(f"divided by {_DELIMITERS.get(self.delimiter, repr(self.delimiter))}")
        if self.decimal_mark == ",":
            parts.append("with decimal commas")
        if self.encoding not in (None, "utf-8"):
            parts.append(f"in {self.encoding}")
        if self.sheet is not None:
            parts.append(f"sheet {self.sheet!r}")
        if self.compression is not None:
            parts.append(f"unpacked from {self.compression}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was understood of a table, as every answer that describes one says.

    Attributes:
        kind: What is predicted.
        kind_reason: Why it is taken to be of that kind.
        columns: Every column in the table's order, the target and those that were left out included.
        n_rows: Rows that were described: those with a target value.
        n_dropped_rows: Rows that were left out because their target is missing, or since they describe the columns.
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

    @property
    def target(self) -> str | None:
        """The target's name."""
        return next((column.name for column in self.columns if column.role == "target"), None)

    def __str__(self) -> str:
        """A line of what is as usual, and one for each thing that is odd; at most 80 columns wide."""
        read = "" if self.reading is None else f"read as {self.reading}: "
        skipped = 0 if self.reading is None else self.reading.n_skipped_rows
        asides = [f"{self.n_dropped_rows} more left out"] if self.n_dropped_rows else []
        asides += [f"{skipped} line{'s' if skipped > 1 else ''} skipped"] if skipped else []
        aside = f" ({', '.join(asides)})" if asides else ""
        counts = Counter(column.role for column in self.columns if column.role not in ("target", "left_out"))
        columns = ", ".join(f"{n} {role}" for role, n in counts.items())
        kind = f"{self.kind}, as {self.kind_reason}" if self.kind_reason else str(self.kind)
        lines = [
            f"{read}{self.n_rows} rows{aside}, columns: {columns}",
            f"target {self.target!r}: {kind}",
            *(f"left out: {column.name!r}, {column.reason}" for column in self._left_out_in_silence()),
            *(f"note: {notice.text}" for notice in self.notices[:_SHOWN]),
        ]
        if len(self.notices) > _SHOWN:
            lines.append(f"and {len(self.notices) - _SHOWN} more notes")
        return "\n".join(textwrap.fill(line, _WIDTH, subsequent_indent="  ") for line in lines)

    def _left_out_in_silence(self) -> tuple[ColumnUse, ...]:
        """The columns that are left out and that no notice is about."""
        named = {notice.column for notice in self.notices if notice.code == "column_left_out"}
        return tuple(c for c in self.columns if c.role == "left_out" and c.name not in named)[:_SHOWN]
