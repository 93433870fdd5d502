"""Columns of a fixed width: cells stand below each other, as `DataFrame.to_string` and SQL consoles print them.

Blanks divide such lines too, but a cell may be empty or hold blanks: columns are where, over all lines, something
stands, and gaps where nothing does.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from metafeatures.reading.dialect import Dialect, is_number, line_end
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError

_LEAST_LINES: Final = 4
_LOOKED_AT: Final = 1_000  # lines
_MOST_CHARACTERS: Final = 10_000
_CHUNK_CELLS: Final = 1 << 22
_ASIDE: Final = re.compile(
    r"\s*(#|//|--\s|\(\d+ rows?\b|\[\d+ rows x \d+ columns\]|[-=]{2,}(\s+[-=]{2,})+\s*$)"
)  # comments, and what consoles write below
_BLANK: Final = (ord(" "), 0)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Lines:
    """A few lines as a matrix of characters, those that are no rows left out."""

    texts: tuple[str, ...]
    numbers: tuple[int, ...]

    def filled(self, width: int) -> npt.NDArray[np.bool_]:
        """Shape ``(n_lines, width)``: where something stands."""
        padded = np.array([text[:width] for text in self.texts], dtype=f"<U{width}")
        points = padded.view(np.uint32).reshape(len(self.texts), width)
        found: npt.NDArray[np.bool_] = (points != _BLANK[0]) & (points != _BLANK[1])
        return found


def find_spans(sample: str) -> tuple[Span, ...]:
    """Where the columns of a text are, by its first lines; none where it has no two columns.

    A column without a name belongs to the nearer of its neighbours, as the second word of a cell does (the one before,
    unless names stand at the right of their columns); but for the first one, which names the rows.

    Args:
        sample: Whole lines, the header first.
    """
    lines = next(_pieces(sample, width=_MOST_CHARACTERS), None)
    if lines is None or len(lines.texts) < _LEAST_LINES or any("\t" in text for text in lines.texts):
        return ()
    width = max(map(len, lines.texts))
    if width >= _MOST_CHARACTERS:
        return ()
    filled: npt.NDArray[np.bool_] = np.asarray(lines.filled(width).any(axis=0), dtype=np.bool_)
    spans = _runs(filled)
    merged = _with_names(spans, lines.texts[0])
    return tuple(merged) if len(merged) > 1 else ()


def divided(content: bytes, dialect: Dialect, *, n_header_lines: int = 1) -> Iterator[bytes]:
    """The lines of a text with columns of a fixed width, with the dialect's separator between cells instead.

    Raises:
        InvalidTableError: On a row that stands where other rows have the gap between two columns.
    """
    text = content.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    width = max(dialect.spans[-1][1], max((len(line) for line in text.split("\n")), default=0))
    width = min(width, _MOST_CHARACTERS)
    counts = np.zeros(width, np.int64)
    for lines in _pieces(text, width=width):
        counts += lines.filled(width).sum(axis=0)
    bounds = [0]
    for (_, end), (start, _) in zip(dialect.spans[:-1], dialect.spans[1:], strict=True):
        place = end + int(counts[end:start].argmin())
        if counts[place]:
            raise _crossing(text, place, width, n_header_lines)
        bounds.append(place)
    places = list(zip(bounds, [*bounds[1:], None], strict=True))
    for line in text.split("\n"):
        if _ASIDE.match(line):
            yield line.strip().encode() + b"\n"
        else:
            cells = (line[begin:end].strip() for begin, end in places)
            yield (dialect.separator.join(cells) if line.strip() else "").encode() + b"\n"


def named_index(content: bytes, dialect: Dialect) -> bytes | None:
    """The text with the name of its rows in the header, where a second line of the header holds it alone.

    `DataFrame.to_string` writes an index with a name so. None where the second line is a row, or there is none.
    """
    end = line_end(content, 0)
    rows = line_end(content, end)
    header, line = (content[a:b].decode("utf-8", errors="replace") for a, b in ((0, end), (end, rows)))
    stop = dialect.spans[0][1]
    name = line[:stop].strip()
    if not name or is_number(name) or line[stop:].strip():
        return None
    below = content[rows:].decode("utf-8", errors="replace").splitlines()[:_LOOKED_AT]
    is_number_below = all(is_number(text[:stop]) for text in below if text.strip() and not _ASIDE.match(text))
    if header[:stop].strip() and not is_number_below:  # what stands there is the name of the columns
        return None
    return (name.ljust(stop)[:stop] + header[stop:]).encode() + content[rows:]


def _pieces(text: str, *, width: int) -> Iterator[_Lines]:
    """The lines that aren't blank or aside, some at a time; numbered from 0, blank ones not counted."""
    texts: list[str] = []
    numbers: list[int] = []
    number = -1
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.strip():
            continue
        number += 1
        if _ASIDE.match(line):
            continue
        texts.append(line)
        numbers.append(number)
        if len(texts) * width > _CHUNK_CELLS:
            yield _Lines(tuple(texts), tuple(numbers))
            texts, numbers = [], []
    if texts:
        yield _Lines(tuple(texts), tuple(numbers))


def _runs(filled: npt.NDArray[np.bool_]) -> list[Span]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], filled, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _with_names(spans: Sequence[Span], header: str) -> list[Span]:
    """The spans, each with a name above but perhaps the first."""
    found = list(spans)
    k = 1
    while k < len(found):
        begin, end = found[k]
        if header[begin:end].strip():
            k += 1
            continue
        before = begin - found[k - 1][1]
        after = found[k + 1][0] - end if k + 1 < len(found) else before + 1
        is_right = k + 1 < len(found) and any(_is_at_right(span, header) for span in (found[k - 1], found[k + 1]))
        other = k + 1 if after < before or (after == before and is_right) else k - 1
        low, high = min(k, other), max(k, other)
        found[low : high + 1] = [(found[low][0], found[high][1])]
        k = max(low, 1)
    return found


def _is_at_right(span: Span, header: str) -> bool:
    """Whether a column's name ends where its cells do, and begins after them."""
    name = header[span[0] : span[1]].ljust(span[1] - span[0])
    return name[:1] == " " and name[-1:] != " "


def _crossing(text: str, place: int, width: int, n_header_lines: int) -> InvalidTableError:
    for lines in _pieces(text, width=width):
        rows = np.flatnonzero(lines.filled(width)[:, place])
        if len(rows):
            number, line = lines.numbers[int(rows[0])], lines.texts[int(rows[0])]
            break
    row = number - n_header_lines + 1
    return InvalidTableError(
        f"row {row} ({COUNTED}) has text at character {place + 1}, where the other rows have a gap between two columns;"
        " columns of a fixed width need that gap, else put commas between cells",
        field="file",
        value=line[:200],
        limit="cells below each other",
    )
