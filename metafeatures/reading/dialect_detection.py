"""How delimited text is written: delimiter, quotes, comments, where its header is; found in a sample of it.

DuckDB's sniffer was tried first: of the small files it takes those with a short row, a long one or a line of blanks for
one column each, without a word, and refuses other encodings and mixed ends of lines; so detection is our own, and
parsing pyarrow's.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np

from metafeatures.arrays import ByteArray
from metafeatures.kernels.records import FAULT, N_STRAY, SUMMARY_SIZE, record_fields, scan_records
from metafeatures.reading.commented_header import with_commented_header
from metafeatures.reading.dialect import (
    FIXED,
    NO_QUOTE,
    SPACES,
    Dialect,
    line_end,
    may_be_number,
    records_in,
    split_record,
    squeezed,
)
from metafeatures.reading.fixed_width import Span, find_spans
from metafeatures.reading.preamble import Preamble, find_preamble
from metafeatures.reading.title_rows import titles_above

_DELIMITERS: Final = (",", ";", "\t", "|", "\x01", "\x1f", "^", "~")
_SAMPLE_RECORDS: Final = 1_000
_SCORED_RECORDS: Final = 60
_SCORED_CELLS: Final = 2_000
_MOST_PREAMBLE: Final = 30
_TITLE_BYTES: Final = 1 << 14
_LEAST_CONSISTENCY: Final = 0.5
_ODD_HEADER: Final = 0.3  # what a header of another width than the rows takes from a dialect's score
_MUDDLED: Final = re.compile(r"[,;\t|\"]")


def find_dialect(sample: bytes, *, is_whole: bool, delimiter: str | None = None) -> Dialect:
    """The dialect of a text, by its beginning.

    Args:
        sample: The text's first bytes, in UTF-8 without byte order marks.
        is_whole: Whether that is all of it; else the last record may be cut off.
        delimiter: What stands between cells, where that is known.
    """
    start = find_preamble(sample)
    if delimiter is not None:
        start = replace(start, delimiter=delimiter)
    text = sample[start.at :]
    if is_whole and text and text[-1:] not in b"\r\n":
        text += b"\n"
    delimiters = (start.delimiter,) if start.delimiter else _DELIMITERS
    found = [d for delimiter in delimiters for d in _candidates(text, delimiter)]
    if not found and start.delimiter is None:
        found = [d for d in _candidates(text, ":") if _is_even(text, d)]
    if not found and start.delimiter in (None, SPACES):
        found = list(_by_blanks(text, is_whole=is_whole))
    if not found:
        return _placed(_as_header_says(text, start.delimiter or ","), start, sample)
    best = found[0] if len(found) == 1 else max(found, key=lambda d: _score(text, d))
    if best.delimiter == "\t" and best.n_skipped and start.delimiter is None:
        best = _by_any_blanks(text) or best
    return _placed(best, start, sample)


def _by_any_blanks(text: bytes) -> Dialect | None:
    """The dialect of a text that tabs and other blanks divide alike, if all its records agree, the header included."""
    found = next(iter(_candidates(text, SPACES)), None)
    if found is None or found.n_skipped:
        return None
    counts, _ = _fields(text, found)
    return found if set(counts) == {found.n_fields} else None


def _is_even(text: bytes, dialect: Dialect) -> bool:
    """Whether all records have as many fields as a header of words has: colons also stand in times and sentences.

    Where two colons divide cells, every second field is empty.
    """
    counts, _ = _fields(text, dialect)
    names = split_record(text[dialect.header_at : dialect.body_at].decode("utf-8", errors="replace"), dialect)
    if len(names) > 2 and not any(names[1::2]):
        names = names[::2]
    return set(counts) == {dialect.n_fields} and all(re.fullmatch(r"\s*\w+\s*", name) for name in names)


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a dialect fits: the more records agree in their number of fields, and the fewer quotes are odd."""

    dialect: Dialect
    agreement: float
    n_odd_quotes: int


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
    if b"'" in text and b'"' not in text and re.search(rb"(^|[\r\n]|" + separator + rb") *'", text):
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
    # a title may have nearly as many delimiters as the rows; the first line alone is one only above a blank line
    if header is not None and counts[header] != n_fields and (header or _stands_apart(text, counts, ends)):
        header = next((k for k in range(header, min(len(counts), _MOST_PREAMBLE)) if counts[k] == n_fields), header)
    if n_fields < 2 or header is None:
        return None
    rest = counts[header + 1 :] if header + 1 < len(counts) else counts[header:]
    n_fields = _commonest(rest)
    consistency = sum(1 for count in rest if count == n_fields) / len(rest)
    if consistency < _LEAST_CONSISTENCY or n_fields < 2:
        return None
    if header > 0 and counts[header] != n_fields:
        return None  # a title line or two, and then a header of its own width
    if counts[header] == n_fields:
        header += _padded_titles(text[int(ends[header - 1]) if header else 0 :], dialect)
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


def _stands_apart(text: bytes, counts: list[int], ends: list[int]) -> bool:
    """Whether the records that are as wide as the first one end at a blank line."""
    n_alike = next((k for k, count in enumerate(counts) if count != counts[0]), len(counts))
    end = ends[n_alike - 1]
    return not text[end : line_end(text, end)].strip() or text[:end].endswith((b"\n\n", b"\r\n\r\n"))


def _padded_titles(text: bytes, dialect: Dialect) -> int:
    """How many of the first records are titles as wide as the rows."""
    lines = text[:_TITLE_BYTES].decode("utf-8", errors="replace")
    return titles_above(list(islice(records_in(lines, dialect), _SCORED_RECORDS)))


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
        end = line_end(text, at)
        if text[at:end].strip():
            ends.append(end)
        at = end
    return ends + [len(text)] * (n - len(ends))


def _commonest(counts: list[int]) -> int:
    """The commonest number; the larger of equals."""
    return max(Counter(counts).items(), key=lambda item: (item[1], item[0]))[0]


def _as_header_says(text: bytes, otherwise: str) -> Dialect:
    """Where records don't agree: the delimiter that the first line has most of; else one column."""
    end = line_end(text, 0)
    first = text[:end].decode("utf-8", errors="replace")
    found = [
        Dialect(d, n, n, body_at=end) for d in _DELIMITERS if (n := len(split_record(first, Dialect(d, 0, 0)))) > 1
    ]
    return max(found, key=lambda d: d.n_fields, default=Dialect(otherwise, 1, 1, body_at=end))


def _by_blanks(text: bytes, *, is_whole: bool) -> Iterator[Dialect]:
    """The dialect of a text that blanks divide: by runs of them where all records agree, else by their place."""
    found = next(iter(_candidates(text, SPACES)), None)
    if found is not None:
        counts, _ = _fields(text, found)
        has_names = found.header_fields < found.n_fields and b"  " not in text  # R's names of rows: none is padded
        if all(count == found.n_fields for count in counts[1 if has_names else 0 :]):
            yield found
            return
    whole = text if is_whole else text[: max(text.rfind(b"\n"), text.rfind(b"\r")) + 1]
    spans = find_spans(whole.decode("utf-8", errors="replace"))
    if spans and not (found is not None and _is_misplaced(text, found, spans)):
        end = line_end(text, 0)
        yield Dialect(FIXED, len(spans), len(spans), quote=NO_QUOTE, body_at=end, spans=spans)
    elif found is not None:
        yield found


def _is_misplaced(text: bytes, by_blanks: Dialect, spans: Sequence[Span]) -> bool:
    """Whether names don't stand above their columns, so that a column has two, while blanks divide all rows alike."""
    header = text[: line_end(text, 0)].decode("utf-8", errors="replace")
    counts, _ = _fields(text, by_blanks)
    return set(counts[1:]) == {by_blanks.n_fields} and any("  " in header[a:b].strip() for a, b in spans)


def _score(text: bytes, dialect: Dialect) -> tuple[float, int]:
    """How well the cells look: the share that is a number, nothing, or a word without another delimiter in it."""
    lines = text[dialect.header_at :].decode("utf-8", errors="replace")
    n_cells, n_clean = 0, 0
    for k, row in enumerate(records_in(lines, dialect)):
        if k == _SCORED_RECORDS or n_cells > _SCORED_CELLS:
            break
        n_cells += len(row)
        n_clean += sum(1 for cell in row if may_be_number(cell) or not _MUDDLED.search(cell))
    clean = n_clean / max(n_cells, 1)
    odd_header = dialect.header_fields != dialect.n_fields or dialect.n_skipped > 0
    return round(clean - _ODD_HEADER * odd_header, 2), dialect.n_fields


def _placed(found: Dialect, start: Preamble, sample: bytes) -> Dialect:
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
    return with_commented_header(dialect, start.last_comment, sample)
