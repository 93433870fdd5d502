"""Prints of databases' consoles: messages above the table, and pages, each with its header and the rule below it."""

import re
from typing import Final

from metafeatures.arrays import ByteArray
from metafeatures.reading.sample_lines import LINE_ENDS, Rewriting, sample_lines
from warmtune.vocabulary.notice import Notice

_RULE: Final = re.compile(rb"[ \t]*-+([ \t|+]+-+)+[ \t]*")
_MESSAGES: Final = re.compile(rb"\s*(?:\*\*\* [^\r\n]*\s+)+")
_LEAST_PAGES: Final = 2


def without_messages(content: ByteArray, sample: bytes) -> Rewriting | None:
    """The text without what Teradata's console writes above a table, after three stars; None without such lines.

    Args:
        content: Bytes of the text, shape ``(n_bytes,)``.
        sample: The first of them.
    """
    found = _MESSAGES.match(sample)
    if found is None or found.end() == len(sample):
        return None
    first = found[0].strip().splitlines()[0].decode("utf-8", errors="replace")[:80]
    notice = Notice("skipped_lines", f"lines of messages before the header, such as {first!r}: skipped")
    return Rewriting(content[found.end() :].tobytes(), notice)


def as_one_page(content: ByteArray, sample: bytes) -> Rewriting | None:
    """The text without headers and rules after the first ones; None where none are repeated.

    Args:
        content: Bytes of the text, shape ``(n_bytes,)``.
        sample: The first of them.
    """
    if sample.count(b"---") < _LEAST_PAGES:
        return None
    lines = sample_lines(content, sample)[:1_000]
    rule = next((k for k, line in enumerate(lines[1:], start=1) if b"---" in line and _RULE.fullmatch(line)), None)
    if rule is None or lines.count(lines[rule]) < _LEAST_PAGES:
        return None
    page = (lines[rule - 1].rstrip(), lines[rule].rstrip())
    kept: list[bytes] = []
    n_pages = 0
    for line in LINE_ENDS.split(content.tobytes()):
        if line.rstrip() == page[1] and kept and kept[-1].rstrip() == page[0]:
            n_pages += 1
            if n_pages > 1:
                kept.pop()
                continue
        kept.append(line)
    if n_pages < _LEAST_PAGES:
        return None
    words = f"the header and the rule below it are written {n_pages} times: read once"
    return Rewriting(b"\n".join(kept), Notice("repeated_header", words, count=n_pages - 1))
