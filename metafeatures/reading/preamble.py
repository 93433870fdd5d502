"""What stands before a table in a text: comments, a line that names the delimiter, a rule, a logger's station."""

import re
from dataclasses import dataclass
from typing import Final

from metafeatures.reading.dialect import line_end

_COMMENTS: Final = (b"#", b"%")
_SEP_LINE: Final = re.compile(rb"[\"']?sep=(.)[\"']?[ ,;\t]*\r?(\n|\r|$)", re.IGNORECASE)
_TOP_RULE: Final = re.compile(rb"[-=]{2,}([ \t]+[-=]{2,})+")  # above a header, as in reStructuredText
_LOGGER: Final = re.compile(rb"\"?TOA(?:5|CI1)\"?,")  # the station, above the header, in files of Campbell's loggers


@dataclass(frozen=True, slots=True)
class Preamble:
    """What comes before a table: where that begins (in bytes), and what was passed."""

    at: int
    n_skipped: int = 0
    n_blank: int = 0
    delimiter: str | None = None
    comment: str | None = None
    last_comment: tuple[int, int] | None = None


def find_preamble(sample: bytes) -> Preamble:
    """What comes before the table in a text, by its first bytes."""
    at, n_skipped, n_blank, comment, last = 0, 0, 0, None, None
    while at < len(sample):
        end = line_end(sample, at)
        line = sample[at:end].strip()
        if separator := _SEP_LINE.fullmatch(sample[at:end]):
            return Preamble(end, n_skipped + 1, n_blank, separator[1].decode("latin-1"), comment)
        if not line:
            n_blank += 1
        elif _TOP_RULE.fullmatch(line) or (at == 0 and _LOGGER.match(line)):
            n_skipped += 1
        elif line[:1] in _COMMENTS and (comment is None or line[:1] == comment.encode()):
            comment, last, n_skipped = line[:1].decode(), (at, end), n_skipped + 1
        else:
            break
        at = end
    return Preamble(at, n_skipped, n_blank, None, comment, last)
