"""The header of delimited text: a name for each field, which of them are columns, and what is odd about it."""

import re
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.reading.dialect import SPACES, Dialect, is_number, split_record
from metafeatures.reading.names import clean_names
from metafeatures.reading.split_numbers import check_split_numbers
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.understanding import ColumnUse

_TITLE_FIELDS: Final = 3
_DIVIDED: Final = re.compile(r"\w[,;\t|]\w")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns that a header names.

    Attributes:
        fields: A name for each field of a record.
        kept: Those that are columns of the table.
        left_out: What is none of them, with the reason.
        filler: Of the fields, the one after each row's last delimiter, where only the rows have it.
        notices: What was odd.
    """

    fields: list[str]
    kept: list[str]
    left_out: tuple[ColumnUse, ...]
    notices: list[Notice]
    filler: str | None = None


def read_header(sample: bytes, dialect: Dialect, *, has_index: bool = False) -> Header:
    """The header of a text.

    Args:
        sample: The text's first bytes.
        dialect: How it is divided, and where the header is.
        has_index: Whether the first column is a frame's index, by what the header says.
    """
    header = _named(sample, dialect)
    if not has_index:
        return header
    use = ColumnUse(header.fields[0], "left_out", "the second line of the header names it: it is a frame's index")
    return replace(header, kept=header.kept[1:], left_out=(use,))


def _named(sample: bytes, dialect: Dialect) -> Header:
    line = sample[dialect.header_at : dialect.body_at].decode("utf-8", errors="replace")
    cells = split_record(line.rstrip() if dialect.delimiter == SPACES else line, dialect)
    cells = cells or [""]
    n_fields = dialect.n_fields
    if len(cells) != n_fields - 1:
        names, notices = clean_names(cells + [""] * (n_fields - len(cells)))
        notices += _doubts(cells)
        return Header(names, names, (), notices)
    names, notices = clean_names(cells, place=1)
    if _is_trailing(sample, dialect):
        filler = _free_name("Unnamed: end", names)
        notices.append(Notice("trailing_delimiter", "every row ends with a delimiter that the header lacks: ignored"))
        return Header([*names, filler], [*names, filler], (), notices, filler)
    check_split_numbers(sample[dialect.body_at :].decode("utf-8", errors="replace"), names, dialect)
    index = _free_name("Unnamed: 0", names)
    reason = "the rows have a field more than the header: the first one is their name"
    return Header([index, *names], names, (ColumnUse(index, "left_out", reason),), notices)


def _doubts(cells: list[str]) -> list[Notice]:
    """Why the first line may be no header; said also where the target is no column."""
    if all(is_number(cell) for cell in cells):
        return [Notice("numeric_header", "the first line holds numbers only: if it is a row, add a header with names")]
    if len(cells) >= _TITLE_FIELDS and cells[0].strip() and not any(cell.strip() for cell in cells[1:]):
        return [Notice("title_header", "only the first field of the first line is filled: if it is a title, remove it")]
    if len(cells) == 1 and _DIVIDED.search(cells[0]):
        return [Notice("quoted_lines", "whole lines are in quotes: save the file with quotes around cells only")]
    return []


def _is_trailing(sample: bytes, dialect: Dialect) -> bool:
    """Whether the last field of most rows is empty."""
    lines = [line.rstrip(b" ") for line in sample[dialect.body_at :].splitlines()[:1000] if line.strip()]
    separator = dialect.separator.encode()
    return sum(line.endswith(separator) for line in lines) > len(lines) // 2


def without_filler(table: pa.Table, name: str, *, n_fields: int) -> pa.Table:
    """The table without the field after each row's last delimiter, which is to be empty."""
    filled = pc.indices_nonzero(pc.is_valid(table.column(name)))
    if len(filled):
        row = filled[0].as_py() + 1
        raise InvalidTableError(
            f"row {row} ({COUNTED}) has {n_fields} fields instead of {n_fields - 1}",
            field="file",
            value=f"row {row}",
            limit=f"{n_fields - 1} fields in every row",
        )
    return table.drop_columns([name])


def _free_name(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "_"
    return name
