"""Delimited text: CSV and its kin, whatever its delimiter, quotes, encoding and ends of lines are.

The dialect is found in the first bytes, types are foreseen from a few places, and pyarrow parses. A compiled pass over
the bytes looks at quotes where there are any, and at rows that have another number of fields: none is lost in silence.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.kernels.records import ByteArray
from metafeatures.limits import TableLimits
from metafeatures.reading import column_types, records
from metafeatures.reading.commented_header import sign_of_all_lines, without_signs
from metafeatures.reading.dialect import FIXED, SPACES, Dialect, is_number, line_end, split_record, squeezed
from metafeatures.reading.dialect_detection import find_dialect
from metafeatures.reading.fixed_width import divided
from metafeatures.reading.foreign import refuse_text
from metafeatures.reading.names import clean_names
from metafeatures.reading.printed_frames import check_print
from metafeatures.reading.row_parser import Columns, ParsedRows, parse
from metafeatures.reading.scratch import Scratch
from metafeatures.reading.text import Utf8Text
from metafeatures.reading.typographic_quotes import with_plain_quotes
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.understanding import ColumnUse, Reading

_MAX_HEADER_BYTES: Final = 8 << 20
_SAMPLE_BYTES: Final = 1 << 17
_COUNTED_BYTES: Final = 1 << 22
_TITLE_FIELDS: Final = 3
_FILLING: Final = b"\0\x1a"
_DIVIDED: Final = re.compile(r"\w[,;\t|]\w")
_LONG_RULE: Final = re.compile(rb"-{3}|={3}")
_BOTTOM_RULE: Final = re.compile(rb"(?<=[\r\n])[ \t]*[-=]{2,}([ \t]+[-=]{2,})+\s*$")
_TAIL_BYTES: Final = 1 << 13
_RULE: Final = re.compile(rb"[ \t|+,;]*:?[-=]+:?([ \t|+,;]+:?[-=]+:?)+[ \t|+,;]*(\r\n|\n|\r)")  # Markdown's, psql's


@dataclass(frozen=True, slots=True)
class _Header:
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


def read_delimited(
    text: Utf8Text, limits: TableLimits, scratch: Scratch, *, delimiter: str | None = None
) -> tuple[pa.Table, Reading]:
    """Read delimited text.

    Columns that hold numbers (or the words true and false) only are such, all others are strings: what is a date, or a
    number in another notation, is decided where frames are looked at too. Empty fields and pandas' words for a missing
    value are nulls.

    Raises:
        InvalidTableError: On a row with too many fields, an unclosed quote, or no row; naming the row.
        LimitExceededError: On more columns, rows or cells than allowed; checked before parsing.
    """
    content, sample, odd_lines = _uncommented(_without_end(_content(text.path)[text.begin :]), scratch)
    content, sample, odd_quotes = _plainly_quoted(content, sample, scratch)
    odd_lines = (*odd_lines, *odd_quotes)
    dialect = find_dialect(sample, is_whole=len(sample) == len(content), delimiter=delimiter)
    limits.check_shape(0, dialect.n_fields)
    if dialect.delimiter in (SPACES, FIXED):
        check_print(sample[dialect.header_at :])
    if dialect.spans:
        content = _written(divided(content[dialect.header_at :].tobytes(), dialect), scratch)
        sample = _sample(content)
        dialect = replace(dialect, header_at=0, body_at=line_end(sample, 0))
    header = _header(sample, dialect)
    limits.check_shape(0, len(header.fields))
    notices = [*odd_lines, *header.notices]
    rule = _RULE.match(sample, dialect.body_at)
    if rule is not None and not (_LONG_RULE.search(rule[0]) or b":" in rule[0] or rule[0].lstrip()[:1] == b"|"):
        rule = None  # a row of signs for missing
    if rule is not None:
        dialect = replace(dialect, body_at=rule.end())
        notices.append(Notice("ruled_header", "the line below the header only underlines it: skipped"))
        content = _without_bottom_rule(content)
    content, body_at = _squeezed(content[dialect.header_at :], dialect, scratch)
    body = content[body_at:]
    _check_rows(body, dialect, limits)
    checked = records.Records(content, header_end=body_at, dialect=dialect)
    in_header = sample[dialect.header_at : dialect.body_at].count(dialect.quote.encode())
    in_rows = in_header % 2 == 1 or records.has_byte(body, ord(dialect.quote))
    if in_rows:
        body = checked.checked_body(limits, scratch)
    types = column_types.foresee(body, header.fields, dialect, has_quotes=in_rows)
    columns = Columns(header.fields, header.kept, types.by_name, types.decimal_mark)
    table = parse(ParsedRows(body, columns, dialect, checked))
    if table is None:  # rows of another width: they are looked at, and mended where that is possible
        body = checked.checked_body(limits, scratch)
        table = parse(ParsedRows(body, columns, dialect, checked))
    if table is None:
        raise InvalidTableError("the rows can't be distinguished", field="file", limit="CSV")
    table, parted = column_types.without_thousands(table, types.pointed)
    if header.filler is not None:
        table = _without_filler(table, header.filler, n_fields=dialect.n_fields)
    if table.num_rows == 0:
        raise InvalidTableError("the file has a header, but no row", field="file", value=0, limit="at least 1 row")
    offset = (
        None
        if text.first_odd is None or dialect.spans or odd_lines
        else text.first_odd - text.begin - dialect.header_at
    )
    odd = None if offset is None or offset < 0 else records.place(content, offset, dialect)
    if parted:
        words = f"the file has decimal commas, so points part thousands in {len(parted)} columns, first {parted[0]!r}"
        notices.append(Notice("pointed_thousands", words, column=parted[0], count=len(parted)))
    notices = [*_text_notices(text, odd, header.fields), *_line_notices(dialect), *notices, *types.notices]
    reading = Reading(
        format="csv",
        n_rows=table.num_rows,
        encoding=text.encoding,
        delimiter=dialect.delimiter if dialect.n_fields > 1 else None,
        decimal_mark=types.decimal_mark,
        quote=dialect.quote if in_rows or in_header else None,
        n_skipped_rows=dialect.n_skipped + dialect.n_blank + (rule is not None) + checked.n_skipped,
        left_out=header.left_out,
        notices=(*notices, *checked.notices(header.fields)),
    )
    return table, reading


def _content(path: Path) -> ByteArray:
    """The bytes of a file, mapped: they aren't held in memory."""
    if path.stat().st_size == 0:
        return np.empty(0, np.uint8)
    return np.frombuffer(pa.memory_map(str(path)).read_buffer(), np.uint8)


def _uncommented(content: ByteArray, scratch: Scratch) -> tuple[ByteArray, bytes, tuple[Notice, ...]]:
    """The text, where every line begins like a comment without the sign; its sample; and what is odd about it."""
    sample = _sample(content)
    refuse_text(sample[:4096])
    sign = sign_of_all_lines(sample, is_whole=len(sample) == len(content))
    if sign is None:
        return content, sample, ()
    content = _written((without_signs(content.tobytes(), sign),), scratch)
    words = f"every line begins with {sign.decode()!r}, as a comment does: the sign is left out"
    return content, _sample(content), (Notice("commented_lines", words),)


def _plainly_quoted(content: ByteArray, sample: bytes, scratch: Scratch) -> tuple[ByteArray, bytes, tuple[Notice, ...]]:
    """The text, with plain quotes where typographic ones are around cells; its sample; and what is odd about it."""
    plain = with_plain_quotes(content, sample)
    if plain is None:
        return content, sample, ()
    content = _written((plain,), scratch)
    words = "typographic quotes stand around cells: read as quotes"
    return content, _sample(content), (Notice("typographic_quotes", words),)


def _without_end(content: ByteArray) -> ByteArray:
    """The bytes without the mark of the end, and without zeros, that some programs fill their last block with."""
    end = len(content)
    while end:
        tail = content[max(end - _SAMPLE_BYTES, 0) : end].tobytes()
        kept = len(tail.rstrip(_FILLING))
        end -= len(tail) - kept
        if kept:
            break
    return content[:end]


def _without_bottom_rule(content: ByteArray) -> ByteArray:
    """The bytes without a last line that rules the table off."""
    tail = content[-_TAIL_BYTES:].tobytes()
    rule = _BOTTOM_RULE.search(tail)
    return content if rule is None else content[: len(content) - len(tail) + rule.start()]


def _written(pieces: Iterable[bytes | memoryview], scratch: Scratch) -> ByteArray:
    sink, path = scratch.file()
    for piece in pieces:
        sink.write(piece)
    sink.flush()
    return _content(path)


def _squeezed(content: ByteArray, dialect: Dialect, scratch: Scratch) -> tuple[ByteArray, int]:
    """The header and the rows, without the blanks that only part or pad cells, and where the rows begin."""
    header_size = dialect.body_at - dialect.header_at
    if dialect.delimiter != SPACES and not dialect.is_blank_padded:
        return content, header_size
    first = squeezed(content[:header_size], dialect).size
    return _written((squeezed(content, dialect).data,), scratch), first


def _sample(content: ByteArray) -> bytes:
    """The first bytes: at least the first line that holds something, and some after it."""
    sample = content[:_SAMPLE_BYTES].tobytes()
    if len(sample) < len(content) and not sample.strip().count(b"\n"):
        sample = content[: _MAX_HEADER_BYTES + _SAMPLE_BYTES].tobytes()
        stripped = sample.lstrip()
        end = min((place for place in (stripped.find(b"\n"), stripped.find(b"\r")) if place >= 0), default=-1)
        if not 0 <= end <= _MAX_HEADER_BYTES and len(stripped) > _MAX_HEADER_BYTES:
            raise LimitExceededError(
                f"the first line is longer than {_MAX_HEADER_BYTES} bytes",
                field="file",
                value=f"over {_MAX_HEADER_BYTES}",
                limit=f"{_MAX_HEADER_BYTES} bytes",
            )
    if not sample.strip():
        raise InvalidTableError("the file has no header", field="file", value="", limit="column names in line 1")
    return sample


def _header(sample: bytes, dialect: Dialect) -> _Header:
    cells = split_record(sample[dialect.header_at : dialect.body_at].decode("utf-8", errors="replace"), dialect)
    cells = cells or [""]
    n_fields = dialect.n_fields
    if len(cells) != n_fields - 1:
        names, notices = clean_names(cells + [""] * (n_fields - len(cells)))
        notices += _doubts(cells)
        return _Header(names, names, (), notices)
    names, notices = clean_names(cells, place=1)
    if _is_trailing(sample, dialect):
        filler = _free_name("Unnamed: end", names)
        notices.append(Notice("trailing_delimiter", "every row ends with a delimiter that the header lacks: ignored"))
        return _Header([*names, filler], [*names, filler], (), notices, filler)
    index = _free_name("Unnamed: 0", names)
    reason = "the rows have a field more than the header: the first one is their name"
    return _Header([index, *names], names, (ColumnUse(index, "left_out", reason),), notices)


def _doubts(cells: list[str]) -> list[Notice]:
    """Why the first line may be no header; said also where the target is no column."""
    if all(is_number(cell) for cell in cells):
        return [Notice("numeric_header", "the first line holds numbers only: if it is a row, add a header with names")]
    if len(cells) >= _TITLE_FIELDS and cells[0].strip() and not any(cell.strip() for cell in cells[1:]):
        return [Notice("title_header", "only the first field of the first line is filled: if it is a title, remove it")]
    if len(cells) == 1 and _DIVIDED.search(cells[0]):
        return [Notice("quoted_lines", "whole lines stand in quotes: save the file with quotes around cells at most")]
    return []


def _is_trailing(sample: bytes, dialect: Dialect) -> bool:
    """Whether the last field of most rows is empty."""
    lines = [line.rstrip(b" ") for line in sample[dialect.body_at :].splitlines()[:1000] if line.strip()]
    separator = dialect.separator.encode()
    return sum(line.endswith(separator) for line in lines) > len(lines) // 2


def _without_filler(table: pa.Table, name: str, *, n_fields: int) -> pa.Table:
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


def _check_rows(body: ByteArray, dialect: Dialect, limits: TableLimits) -> None:
    """Refuse what has too many lines; where they may be newlines in quotes or blank, count records exactly."""
    if len(body) <= limits.max_rows and len(body) * dialect.n_fields <= limits.max_cells:
        return  # a line takes a byte at least
    n_lines = 0
    for at in range(0, len(body), _COUNTED_BYTES):
        piece = body[at : at + _COUNTED_BYTES]
        n_lines += int(np.count_nonzero(piece == 10)) + int(np.count_nonzero(piece == 13))
    try:
        limits.check_shape(n_lines, dialect.n_fields)
    except LimitExceededError:
        limits.check_shape(records.count(body, dialect), dialect.n_fields)


def _text_notices(text: Utf8Text, odd: tuple[int, int] | None, fields: list[str]) -> list[Notice]:
    """What is odd about the encoding; `odd` is the record and the field of the first character beyond ASCII."""
    notices = []
    if text.n_marks > 1:
        notices.append(Notice("byte_order_marks", f"the file begins with {text.n_marks} byte order marks: ignored"))
    if text.encoding == "utf-8" or text.is_said:
        return notices
    words = f"the file is not UTF-8: read as {text.encoding}"
    if odd is None or text.encoding.startswith(("utf-16", "utf-32")):
        return [*notices, Notice("encoding", words)]
    row, column = odd[0], fields[min(odd[1], len(fields) - 1)]
    where = f"row {row}, column {column!r}" if row else f"the name of column {column!r}"
    return [
        *notices,
        Notice(
            "encoding",
            f"{words}; the first such character is in {where}; if its letters are wrong, pass the encoding",
            row or None,
            column,
        ),
    ]


def _line_notices(dialect: Dialect) -> list[Notice]:
    if not dialect.n_skipped:
        return []
    n = dialect.n_skipped
    return [Notice("skipped_lines", f"{n} line{'s' if n > 1 else ''} before the header: skipped", count=n)]
