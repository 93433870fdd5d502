"""Texts that are tables once their lines are written otherwise: quotes around whole lines, delimiters behind each, ...

Each kind is known by a sample, at little cost where it isn't one, and the whole text is written anew.
"""

import re
from collections.abc import Callable
from typing import Final

from metafeatures.arrays import ByteArray
from metafeatures.reading.console_pages import as_one_page, without_messages
from metafeatures.reading.framed_tables import framed_only
from metafeatures.reading.sample_lines import LINE_ENDS, Rewriting, sample_lines
from metafeatures.reading.typographic_quotes import with_plain_quotes
from warmtune.vocabulary.notice import Notice

STAND_IN: Final = "\x1f"
"""What is written for a delimiter of several bytes, and for one that the text escapes by a backslash."""

_END: Final = rb"(?=\r\n|\n|\r|$)"
_DELIMITERS: Final = (b",", b";", b"\t", b"|")
_OF_JIRA: Final = re.compile(rb"[ \t]*\|\|([^|]+\|\|)+[ \t]*")
_OF_TEXTILE: Final = re.compile(rb"[ \t]*(\|_\.[^|]*)+\|[ \t]*")
_BOLD: Final = re.compile(rb"[ \t]*(\|[ \t]*\*\*[^|*]+\*\*[ \t]*)+\|[ \t]*")
_FRAMED: Final = re.compile(rb"[ \t]*\|(?!\|).*\|[ \t]*")
_WHOLE: Final = re.compile(rb'"((?:[^"\r\n]|"")*)"[ \t]*')
_WHOLE_LINES: Final = re.compile(rb'^"((?:[^"\r\n]|"")*)"[ \t]*' + _END, re.MULTILINE)


def _as_in_law(content: ByteArray, sample: bytes) -> Rewriting | None:
    """With usual quotes and a usual delimiter instead of those of Concordance, a program of lawyers."""
    thorn = "þ".encode()
    if not sample.startswith(thorn) or thorn + b"\x14" + thorn not in sample[: _first_line(sample)] or b'"' in sample:
        return None
    text = content.tobytes().replace(b'"', b'""').replace(thorn, b'"').replace(b"\x14", STAND_IN.encode())
    words = "thorns stand around cells, and a control character between them: read as quotes and a delimiter"
    return Rewriting(text, Notice("typographic_quotes", words), "\x14")


def _without_padding(content: ByteArray, sample: bytes) -> Rewriting | None:
    """Without the semicolons behind every line, which a spreadsheet of another locale writes for empty columns."""
    first = sample[: _first_line(sample)].rstrip(b" \t")
    cells = first.rstrip(b";")
    n = len(first) - len(cells)
    if n == 0 or b";" in cells or not any(delimiter in cells for delimiter in (b",", b"\t", b"|")):
        return None
    lines = sample_lines(content, sample)
    if not all(line.count(b";") == n and line.rstrip(b" \t").endswith(b";" * n) for line in lines):
        return None
    padding = ";" * n
    notice = Notice("trailing_delimiter", f"every line ends with {padding!r} after its cells: ignored")
    return Rewriting(re.sub(rb";{%d}[ \t]*" % n + _END, b"", content.tobytes()), notice)


def _without_outer_quotes(content: ByteArray, sample: bytes) -> Rewriting | None:
    """Without the quotes around whole lines, as where a file of commas was saved from one column of a spreadsheet."""
    if b'"' not in sample:
        return None
    header, *rows = sample_lines(content, sample)[:1_000] or [b""]
    if not rows or _WHOLE.fullmatch(rows[0]) is None:
        return None
    whole = [found[1] for row in rows if (found := _WHOLE.fullmatch(row)) is not None]
    if any(b'"' in row for row in rows if _WHOLE.fullmatch(row) is None) or 2 * len(whole) < len(rows):
        return None
    quoted = _WHOLE.fullmatch(header)
    names = header if quoted is None else quoted[1]
    delimiter = max(_DELIMITERS, key=names.count)
    if b'"' in names.replace(b'""', b"") or not names.count(delimiter) or not all(delimiter in row for row in whole):
        return None
    text = _WHOLE_LINES.sub(lambda line: line[1].replace(b'""', b'"'), content.tobytes())
    return Rewriting(text, Notice("quoted_lines", "whole lines are in quotes: read without them"))


def _with_plain_frame(content: ByteArray, sample: bytes) -> Rewriting | None:
    """Without the marks of a header: Jira's (``||a||b||``), Textile's (``|_. a |``), or stars for bold names."""
    if b"|" not in sample[: _first_line(sample)]:
        return None
    header, *rows = sample_lines(content, sample)[:1_000] or [b""]
    if not rows or not any(pattern.fullmatch(header) for pattern in (_OF_JIRA, _OF_TEXTILE, _BOLD)):
        return None
    if not all(_FRAMED.fullmatch(row) for row in rows):
        return None
    text = content.tobytes()
    plain = re.sub(rb"\|_\. ?", b"|", header).replace(b"||", b"|").replace(b"**", b"")
    words = "the header is marked as in tables of Jira, Textile or Markdown: read without the marks"
    return Rewriting(text.replace(header, plain, 1), Notice("wiki_header", words))


def _plainly_quoted(content: ByteArray, sample: bytes) -> Rewriting | None:
    """With plain quotes where typographic ones are around cells."""
    plain = with_plain_quotes(content, sample)
    if plain is None:
        return None
    return Rewriting(plain, Notice("typographic_quotes", "typographic quotes stand around cells: read as quotes"))


def _unescaped(content: ByteArray, sample: bytes) -> Rewriting | None:
    r"""With another delimiter where a backslash makes it a part of a cell, as in exports of MySQL: ``a\, b``."""
    if b"\\" not in sample or b'"' in sample:
        return None
    lines = sample_lines(content, sample)
    for delimiter in _DELIMITERS:
        escaped = b"\\" + delimiter
        if escaped not in sample or not lines:
            continue
        counts = {line.count(delimiter) - line.count(escaped) for line in lines}
        if len(counts) > 1 or counts == {0} or any(b"\\\\" in line for line in lines):
            continue
        text = content.tobytes()
        if b'"' in text or STAND_IN.encode() in text:
            return None
        text = text.replace(escaped, b"\0").replace(delimiter, STAND_IN.encode()).replace(b"\0", delimiter)
        name = delimiter.decode()
        words = f"a backslash stands before {name!r} where that is part of a cell: read so, without the backslash"
        return Rewriting(text, Notice("escaped_delimiters", words), name)
    return None


def _first_line(sample: bytes) -> int:
    found = LINE_ENDS.search(sample.lstrip())
    return len(sample) if found is None else len(sample) - len(sample.lstrip()) + found.start()


REWRITINGS: Final[tuple[Callable[[ByteArray, bytes], Rewriting | None], ...]] = (
    _as_in_law,
    _without_padding,
    _without_outer_quotes,
    _plainly_quoted,
    without_messages,
    as_one_page,
    _with_plain_frame,
    framed_only,
    _unescaped,
)
"""The kinds, in the order in which they are looked for: each gives the text anew, or None where it isn't of the kind.

They take the bytes of the whole text, shape ``(n_bytes,)``, and the first of them.
"""
