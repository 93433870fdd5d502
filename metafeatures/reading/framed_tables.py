"""Tables in frames of pipes: Markdown, lists of SAP, grids of reStructuredText, with text and rules around them."""

import re
from typing import Final

from metafeatures.arrays import ByteArray
from metafeatures.reading.sample_lines import LINE_ENDS, Rewriting, sample_lines
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

_RULE: Final = re.compile(rb"[ \t]*[-=]{3,}[ \t]*")
_GRID_RULE: Final = re.compile(rb"[ \t]*\+(?:(?:-+|=+)\+)+[ \t]*")
_RULER: Final = re.compile(rb"[ \t]*\|(?:[ \t]*:?-+:?[ \t]*[|+])+[ \t]*")
_LEAST_LINES: Final = 2
_SHOWN: Final = 40


def framed_only(content: ByteArray, sample: bytes) -> Rewriting | None:
    """The text without what stands between and below rows that pipes frame; None where they don't, or nothing does.

    The first lines decide; of the others, too, only such without any pipe are left out, and all that are get counted.

    Args:
        content: Bytes of the text, shape ``(n_bytes,)``.
        sample: The first of them.

    Raises:
        InvalidTableError: On two tables of Markdown.
    """
    lines = sample_lines(content, sample)[:1_000] if b"|" in sample else []
    n_above = next((k for k, line in enumerate(lines) if _is_framed(line)), len(lines))
    below = lines[n_above:]
    framed = [line for line in below if _is_framed(line)]
    others = [line for line in below if not _is_framed(line)]
    n_pipes = {line.count(b"|") for line in framed if not _RULER.fullmatch(line)}
    if len(framed) <= _LEAST_LINES or len(n_pipes) > 1 or n_pipes <= {2}:
        return None
    _check_one(sample)
    is_grid = _is_grid(lines, n_above)
    last = max(k for k, line in enumerate(below) if _is_framed(line))
    between = [line for line in below[: last + 1] if not _is_framed(line)]
    if not others or not (is_grid or all(map(_RULE.fullmatch, between))):
        return None
    if not is_grid and any(line.lstrip().startswith(b"+") or _has_a_row(line) for line in others):
        return None
    whole = [line for line in LINE_ENDS.split(content.tobytes()) if line.strip()]
    above, below = whole[:n_above], whole[n_above:]
    kept = [line for line in below if b"|" in line]  # a row may lack its last pipe
    skipped = [*(above if is_grid else ()), *(line for line in below if b"|" not in line)]
    n, shown = len(skipped), skipped[-1].strip().decode("utf-8", errors="replace")
    shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
    words = f"{n} line{'s' if n > 1 else ''} without a frame of pipes, such as {shown!r}: skipped"
    return Rewriting(b"\n".join((*(() if is_grid else above), *kept, b"")), Notice("skipped_lines", words, count=n))


def _is_framed(line: bytes) -> bool:
    bare = line.strip(b" \t")
    return len(bare) > 1 and bare.startswith(b"|") and bare.endswith(b"|")


def _has_a_row(line: bytes) -> bool:
    return b"|" in line and _RULE.fullmatch(line) is None


def _is_grid(lines: list[bytes], n_above: int) -> bool:
    """Whether a rule stands above the header, one of equals signs below it, and one below each row of a line."""
    table = lines[n_above - 1 :] if n_above else []
    rules = [line for line in table if _GRID_RULE.fullmatch(line)]
    alternate = all((_GRID_RULE.fullmatch(line) is not None) == (k % 2 == 0) for k, line in enumerate(table))
    return alternate and len(rules) > _LEAST_LINES and b"=" in table[2]


def _check_one(sample: bytes) -> None:
    """Refuse two tables, each with a ruler below its header and something else between them.

    Raises:
        InvalidTableError: Naming the line of the second one's header.
    """
    lines = LINE_ENDS.split(sample)
    begins = [
        k
        for k, line in enumerate(lines[1:])
        if _RULER.fullmatch(line) and _is_framed(lines[k]) and not (k and _is_framed(lines[k - 1]))
    ]
    if len(begins) > 1:
        raise InvalidTableError(
            f"the file holds {len(begins)} tables: a second one begins in line {begins[1] + 1}; save each in a file of"
            " its own",
            field="file",
            value=f"line {begins[1] + 1}",
            limit="one table",
        )
