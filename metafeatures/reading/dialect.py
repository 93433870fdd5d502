"""How delimited text is written: delimiter, quotes, comments, where its header is; found in a sample of it.

DuckDB's sniffer was tried first: of the small files it takes those with a short row, a long one or a line of blanks for
one column each, without a word, and refuses other encodings and mixed ends of lines; so detection is our own, and
parsing pyarrow's.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from metafeatures.kernels.records import (
    FAULT,
    N_STRAY,
    SUMMARY_SIZE,
    ByteArray,
    record_fields,
    scan_records,
    squeeze_blanks,
)

SPACES: Final = "spaces"
_DELIMITERS: Final = (",", ";", "\t", "|", "\x01", "^", "~")
_QUOTES: Final = ('"', "'")
_COMMENTS: Final = (b"#", b"%")
_SAMPLE_RECORDS: Final = 1_000
_SCORED_RECORDS: Final = 60
_SCORED_CELLS: Final = 2_000
_MOST_PREAMBLE: Final = 30
_LEAST_CONSISTENCY: Final = 0.5
_ODD_HEADER: Final = 0.3  # what a header of another width than the rows takes from a dialect's score
_SEP_LINE: Final = re.compile(rb"[\"']?sep=(.)[\"']?[ ,;\t]*\r?(\n|\r|$)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\s*[-+\u2212]?[$€£]?(\d{1,3}([., \u00a0]\d{3})+|\d+)?([.,]\d+)?([eE][-+]?\d+)?\s*%?\s*")
_MUDDLED: Final = re.compile(r"[,;\t|\"]")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How delimited text is written.

    Attributes:
        delimiter: One character, or `SPACES` for runs of blanks.
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

    @property
    def separator(self) -> str:
        """The delimiter as a character, once runs of blanks became tabs."""
        return "\t" if self.delimiter == SPACES else self.delimiter


@dataclass(frozen=True, slots=True)
class _Start:
    """What comes before the table: where it begins, and what was passed."""

    at: int
    n_skipped: int = 0
    n_blank: int = 0
    delimiter: str | None = None
    comment: str | None = None
    last_comment: tuple[int, int] | None = None


def find_dialect(sample: bytes, *, is_whole: bool) -> Dialect:
    """The dialect of a text, by its beginning.

    Args:
        sample: The text's first bytes, in UTF-8 without byte order marks.
        is_whole: Whether that is all of it; else the last record may be cut off.
    """
    start = _start(sample)
    text = sample[start.at :]
    if is_whole and text and text[-1:] not in b"\r\n":
        text += b"\n"
    delimiters = (start.delimiter,) if start.delimiter else _DELIMITERS
    found = [d for delimiter in delimiters for d in _candidates(text, delimiter)]
    if not found and start.delimiter is None:
        found = list(_candidates(text, SPACES))
    if not found:
        return _placed(_as_header_says(text, start.delimiter or ","), start, sample)
    best = found[0] if len(found) == 1 else max(found, key=lambda d: _score(text, d))
    return _placed(best, start, sample)


def split_record(record: str, dialect: Dialect) -> list[str]:
    """The fields of one record."""
    return next(_rows(record, dialect), [])


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a dialect fits: the more records agree in their number of fields, and the fewer quotes are odd."""

    dialect: Dialect
    agreement: float
    n_odd_quotes: int


def _start(sample: bytes) -> _Start:
    at, n_skipped, n_blank, comment, last = 0, 0, 0, None, None
    while at < len(sample):
        end = _line_end(sample, at)
        line = sample[at:end].strip()
        if separator := _SEP_LINE.fullmatch(sample[at:end]):
            return _Start(end, n_skipped + 1, n_blank, separator[1].decode("latin-1"), comment)
        if not line:
            n_blank += 1
        elif line[:1] in _COMMENTS and (comment is None or line[:1] == comment.encode()):
            comment, last, n_skipped = line[:1].decode(), (at, end), n_skipped + 1
        else:
            break
        at = end
    return _Start(at, n_skipped, n_blank, None, comment, last)


def _line_end(text: bytes, at: int) -> int:
    """The byte after a line's end."""
    ends = [place for place in (text.find(b"\n", at), text.find(b"\r", at)) if place >= 0]
    if not ends:
        return len(text)
    end = min(ends)
    return end + 2 if text[end : end + 2] == b"\r\n" else end + 1


def _candidates(text: bytes, delimiter: str) -> Iterator[Dialect]:
    """The dialects with this delimiter that divide the text into records alike."""
    if delimiter != SPACES and delimiter.encode() not in text:
        return
    plain = _candidate(text, Dialect(delimiter, 0, 0))
    best = plain
    separator = re.escape(delimiter.encode())
    if delimiter != SPACES and b'"' in text and re.search(separator + rb'[ \t]+"', text):
        best = _better(best, _candidate(text, Dialect(delimiter, 0, 0, is_blank_padded=True)))
    if b'\\"' in text:
        best = _better(best, _candidate(text, Dialect(delimiter, 0, 0, escape="\\")))
    if b'"' not in text and re.search(rb"(^|[\r\n]|" + separator + rb") *'", text):
        best = _better(best, _candidate(text, Dialect(delimiter, 0, 0, quote="'")))
    if best is not None:
        yield best.dialect


def _better(one: _Fit | None, other: _Fit | None) -> _Fit | None:
    """The one whose records agree more, or else whose quotes are where they can be; the first of equals."""
    if one is None or other is None:
        return one or other
    return other if (other.agreement, -other.n_odd_quotes) > (one.agreement, -one.n_odd_quotes) else one


def _candidate(text: bytes, dialect: Dialect) -> _Fit | None:
    """The dialect with the place of its header, and how well the records agree in their number of fields."""
    counts, ends = _fields(text, dialect)
    if len(counts) == 0:
        return None
    body = counts[1:] if len(counts) > 1 else counts
    n_fields = _commonest(body)
    header = next(
        (k for k in range(min(len(counts), _MOST_PREAMBLE)) if counts[k] >= n_fields - 1 and counts[k] > 1), None
    )
    if n_fields < 2 or header is None:
        return None
    rest = counts[header + 1 :] if header + 1 < len(counts) else counts[header:]
    n_fields = _commonest(rest)
    consistency = sum(1 for count in rest if count == n_fields) / len(rest)
    if consistency < _LEAST_CONSISTENCY or n_fields < 2:
        return None
    if header > 0 and counts[header] != n_fields:
        return None  # a title line or two, and then a header of its own width
    found = replace(
        dialect,
        n_fields=max(n_fields, counts[header]),
        header_fields=counts[header],
        header_at=int(ends[header - 1]) if header else 0,
        body_at=int(ends[header]),
        n_skipped=header,
    )
    agreement = consistency - _ODD_HEADER * (counts[header] != n_fields)
    return _Fit(found, agreement, _odd_quotes(text, found) if found.quote.encode() in text else 0)


def _odd_quotes(text: bytes, dialect: Dialect) -> int:
    """How many quotes close where they can't; a dialect that is meant has none."""
    summary = np.zeros(SUMMARY_SIZE, np.int64)
    data: ByteArray = np.frombuffer(text, np.uint8)
    if dialect.is_blank_padded:
        data = squeezed(data, dialect)
    scan_records(
        data,
        ord(dialect.separator),
        ord(dialect.quote),
        ord(dialect.escape or "\0"),
        dialect.n_fields,
        np.zeros((0, 4), np.int64),
        summary,
    )
    return int(summary[N_STRAY]) + int(summary[FAULT] != 0)


def _fields(text: bytes, dialect: Dialect) -> tuple[list[int], list[int]]:
    data: ByteArray = np.frombuffer(text, np.uint8)
    if dialect.delimiter == SPACES or dialect.is_blank_padded:
        data = squeezed(data, dialect)
    counts, ends = np.empty(_SAMPLE_RECORDS, np.int64), np.empty(_SAMPLE_RECORDS, np.int64)
    n = record_fields(data, ord(dialect.separator), ord(dialect.quote), ord(dialect.escape or "\0"), counts, ends)
    if dialect.delimiter == SPACES or dialect.is_blank_padded:
        ends[:n] = _line_ends(text, n)
    return counts[:n].tolist(), ends[:n].tolist()


def _line_ends(text: bytes, n: int) -> list[int]:
    """Ends of the first lines that aren't blank."""
    ends: list[int] = []
    at = 0
    while at < len(text) and len(ends) < n:
        end = _line_end(text, at)
        if text[at:end].strip():
            ends.append(end)
        at = end
    return ends + [len(text)] * (n - len(ends))


def squeezed(data: ByteArray, dialect: Dialect) -> ByteArray:
    """The text without blanks around its delimiters; runs of blanks become tabs."""
    out = np.empty(data.size, np.uint8)
    is_run = dialect.delimiter == SPACES
    n = squeeze_blanks(data, ord(dialect.separator), ord(dialect.quote), is_run, out)
    return out[:n]


def _commonest(counts: list[int]) -> int:
    """The commonest number; the larger of equals."""
    return max(Counter(counts).items(), key=lambda item: (item[1], item[0]))[0]


def _as_header_says(text: bytes, otherwise: str) -> Dialect:
    """Where records don't agree: the delimiter that the first line has most of; else one column."""
    end = _line_end(text, 0)
    first = text[:end].decode("utf-8", errors="replace")
    found = [
        Dialect(d, n, n, body_at=end) for d in _DELIMITERS if (n := len(split_record(first, Dialect(d, 0, 0)))) > 1
    ]
    return max(found, key=lambda d: d.n_fields, default=Dialect(otherwise, 1, 1, body_at=end))


def _score(text: bytes, dialect: Dialect) -> tuple[float, int]:
    """How well the cells look: the share that is a number, nothing, or a word without another delimiter in it."""
    lines = text[dialect.header_at :].decode("utf-8", errors="replace")
    n_cells, n_clean = 0, 0
    for k, row in enumerate(_rows(lines, dialect)):
        if k == _SCORED_RECORDS or n_cells > _SCORED_CELLS:
            break
        n_cells += len(row)
        n_clean += sum(1 for cell in row if _NUMBER.fullmatch(cell) or not _MUDDLED.search(cell))
    clean = n_clean / max(n_cells, 1)
    odd_header = dialect.header_fields != dialect.n_fields or dialect.n_skipped > 0
    return round(clean - _ODD_HEADER * odd_header, 2), dialect.n_fields


def _rows(text: str, dialect: Dialect) -> Iterator[list[str]]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=" " if dialect.delimiter == SPACES else dialect.delimiter,
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


def _placed(found: Dialect, start: _Start, sample: bytes) -> Dialect:
    """The dialect with places from the beginning of the sample; perhaps with a header inside a comment."""
    header_at = start.at + found.header_at
    while sample[header_at : header_at + 1] in (b"\r", b"\n"):
        header_at += 1
    before = sample[start.at : header_at]
    dialect = replace(
        found,
        header_at=header_at,
        body_at=start.at + found.body_at,
        n_skipped=start.n_skipped + found.n_skipped,
        n_blank=start.n_blank + sum(1 for line in before.splitlines() if not line.strip()),
        comment=start.comment,
    )
    if start.last_comment is None or found.n_skipped:
        return dialect
    at, end = start.last_comment
    line = sample[at:end]
    prefix = len(line) - len(line.lstrip(b" \t#%"))
    names = split_record(line[prefix:].decode("utf-8", errors="replace"), dialect)
    first = split_record(sample[dialect.header_at : dialect.body_at].decode("utf-8", errors="replace"), dialect)
    if len(names) == dialect.n_fields and not any(map(is_number, names)) and any(map(is_number, first)):
        return replace(
            dialect,
            header_at=at + prefix,
            header_fields=len(names),
            body_at=dialect.header_at,
            n_skipped=dialect.n_skipped - 1,
        )
    return dialect


def is_number(cell: str) -> bool:
    """Whether a cell looks like a number, in whatever notation."""
    return any(c.isdigit() for c in cell) and _NUMBER.fullmatch(cell) is not None
