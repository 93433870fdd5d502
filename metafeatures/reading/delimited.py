"""Delimited text: CSV and its kin, whatever its delimiter, quotes, encoding and ends of lines are.

The dialect is found in the first bytes, types are predicted from a few places, and pyarrow parses. A compiled pass over
the bytes looks at quotes where there are any, and at rows that have another number of fields: none is lost in silence.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from metafeatures.arrays import ByteArray
from metafeatures.limits import TableLimits
from metafeatures.reading import column_types, records
from metafeatures.reading.commented_header import sign_of_all_lines, without_signs
from metafeatures.reading.dialect import FIXED, SPACES, Dialect, line_end, squeezed
from metafeatures.reading.dialect_detection import find_dialect
from metafeatures.reading.fixed_width import divided, named_index
from metafeatures.reading.foreign import refuse_text
from metafeatures.reading.header import read_header, without_filler
from metafeatures.reading.printed_frames import check_end, check_print
from metafeatures.reading.rare_delimiters import rare_delimiter
from metafeatures.reading.rewritings import REWRITINGS, STAND_IN
from metafeatures.reading.row_parser import Columns, ParsedRows, parse
from metafeatures.reading.scratch import Scratch
from metafeatures.reading.text import Utf8Text
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.understanding import Reading

_MAX_HEADER_BYTES: Final = 8 << 20
_SAMPLE_BYTES: Final = 1 << 17
_COUNTED_BYTES: Final = 1 << 22
_FILLING: Final = b"\0\x1a"
_LONG_RULE: Final = re.compile(rb"-{3}|={3}")
_BOTTOM_RULE: Final = re.compile(rb"(?<=[\r\n])[ \t]*[-=]{2,}([ \t]+[-=]{2,})+\s*$")
_DIVIDER: Final = re.compile(rb"[,;\t|]")
_FOOTER: Final = re.compile(
    rb"(?<=[\r\n])[ \t]*\(?\d[\d,.]* (?:row|record)(?:s|\(s\))?"
    rb"(?: (?:affected|selected|returned|processed|in set)[^\r\n]*)?[).]*\s*$"
)  # as SQL consoles write it
_TAIL_BYTES: Final = 1 << 13
_RULE: Final = re.compile(rb"[ \t|+,;]*:?[-=]+:?([ \t|+,;]+:?[-=]+:?)+[ \t|+,;]*(\r\n|\n|\r)")  # Markdown's, psql's


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
    content, sample, of_lines, shown = _rewritten(content, sample, scratch)
    odd_lines = (*odd_lines, *of_lines)
    n_bytes = len(content)
    content, sample = _without_footer(content, sample)
    has_footer = len(content) < n_bytes
    if delimiter is None and shown is not None:
        delimiter = STAND_IN
    dialect = find_dialect(sample, is_whole=len(sample) == len(content), delimiter=delimiter)
    if dialect.n_fields == 1 and delimiter is None:
        content, sample, dialect, shown = _by_a_rare_one(content, sample, dialect, scratch)
    limits.check_shape(0, dialect.n_fields)
    content, sample, dialect, has_index = _by_place(content, sample, dialect, scratch)
    header = read_header(sample, dialect, has_index=has_index)
    limits.check_shape(0, len(header.fields))
    notices = [*odd_lines, *header.notices]
    rule = _rule_below(sample, dialect)
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
    types = column_types.predict(body, header.fields, dialect, has_quotes=in_rows)
    columns = Columns(header.fields, header.kept, types.by_name, types.decimal_mark)
    table = parse(ParsedRows(body, columns, dialect, checked))
    if table is None:  # rows of another width: they are looked at, and mended where that is possible
        body = checked.checked_body(limits, scratch)
        table = parse(ParsedRows(body, columns, dialect, checked))
    if table is None:
        raise InvalidTableError("the rows can't be distinguished", field="file", limit="CSV")
    table, parted = column_types.without_thousands(table, types.pointed)
    if header.filler is not None:
        table = without_filler(table, header.filler, n_fields=dialect.n_fields)
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
        delimiter=(shown or dialect.delimiter) if dialect.n_fields > 1 else None,
        decimal_mark=types.decimal_mark,
        quote=dialect.quote if in_rows or in_header else None,
        n_skipped_rows=dialect.n_skipped + dialect.n_blank + (rule is not None) + has_footer + checked.n_skipped,
        left_out=header.left_out,
        notices=(*notices, *checked.notices(header.fields)),
    )
    return table, reading


def _rule_below(sample: bytes, dialect: Dialect) -> re.Match[bytes] | None:
    """A line below the header that only underlines it, which is no row of signs for missing."""
    rule = _RULE.match(sample, dialect.body_at)
    is_one = rule and (_LONG_RULE.search(rule[0]) or b":" in rule[0] or rule[0].lstrip()[:1] == b"|")
    return rule if is_one else None


def _content(path: Path) -> ByteArray:
    """The bytes of a file, mapped: they aren't held in memory."""
    if path.stat().st_size == 0:
        return np.empty(0, np.uint8)
    return np.frombuffer(pa.memory_map(str(path)).read_buffer(), np.uint8)


def _uncommented(content: ByteArray, scratch: Scratch) -> tuple[ByteArray, bytes, tuple[Notice, ...]]:
    """The text, where every line begins like a comment without the sign; its sample; and what is odd about it."""
    sample = _sample(content)
    refuse_text(sample[:4096])
    check_end(content[-_TAIL_BYTES:].tobytes())
    sign = sign_of_all_lines(sample, is_whole=len(sample) == len(content))
    if sign is None:
        return content, sample, ()
    content = _written((without_signs(content.tobytes(), sign),), scratch)
    words = f"every line begins with {sign.decode()!r}, as a comment does: the sign is left out"
    return content, _sample(content), (Notice("commented_lines", words),)


def _rewritten(
    content: ByteArray, sample: bytes, scratch: Scratch
) -> tuple[ByteArray, bytes, tuple[Notice, ...], str | None]:
    """The text with lines like a table's; its sample; what is odd about it; the delimiter that was replaced."""
    notices: list[Notice] = []
    shown = None
    for rewriting in REWRITINGS:
        found = rewriting(content, sample)
        if found is not None:
            content = _written((found.text,), scratch)
            sample = _sample(content)
            notices.append(found.notice)
            shown = found.delimiter or shown
    return content, sample, tuple(notices), shown


def _by_a_rare_one(
    content: ByteArray, sample: bytes, dialect: Dialect, scratch: Scratch
) -> tuple[ByteArray, bytes, Dialect, str | None]:
    """The text divided by a delimiter that hardly anybody uses, its sample, its dialect, and that delimiter."""
    is_whole = len(sample) == len(content)
    rare = rare_delimiter(sample, is_whole=is_whole)
    if rare is None:
        return content, sample, dialect, None
    if rare.isascii():
        return content, sample, find_dialect(sample, is_whole=is_whole, delimiter=rare), rare
    content = _written((content.tobytes().replace(rare.encode(), STAND_IN.encode()),), scratch)
    sample = _sample(content)
    return content, sample, find_dialect(sample, is_whole=len(sample) == len(content), delimiter=STAND_IN), rare


def _by_place(
    content: ByteArray, sample: bytes, dialect: Dialect, scratch: Scratch
) -> tuple[ByteArray, bytes, Dialect, bool]:
    """The text with separators where places divide cells, its sample, its dialect, and if it has an index."""
    if dialect.delimiter in (SPACES, FIXED):
        check_print(sample[dialect.header_at :])
    if not dialect.spans:
        return content, sample, dialect, False
    text = content[dialect.header_at :].tobytes()
    named = named_index(text, dialect)
    content = _written(divided(named or text, dialect), scratch)
    sample = _sample(content)
    return content, sample, replace(dialect, header_at=0, body_at=line_end(sample, 0)), named is not None


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


def _without_footer(content: ByteArray, sample: bytes) -> tuple[ByteArray, bytes]:
    """The bytes, and their sample, without a last line that counts the rows of a table that blanks divide."""
    first = sample.lstrip()[: line_end(sample.lstrip(), 0)]
    footer = None if _DIVIDER.search(first) else _FOOTER.search(tail := content[-_TAIL_BYTES:].tobytes())
    if footer is None:
        return content, sample
    content = content[: len(content) - len(tail) + footer.start()]
    return content, _sample(content)


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
