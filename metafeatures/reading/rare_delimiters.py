"""Delimiters that hardly anybody uses: found where no other one divides the lines of a text."""

import re
import unicodedata
from collections import Counter
from typing import Final

_MOST_LINES: Final = 1_000
_LEAST_LINES: Final = 3
_LONGEST_LINE: Final = 1 << 14
_NAME: Final = re.compile(r"\s*\w[\w .()%\[\]-]*")
_USUAL: Final = frozenset(" \"'.,;:_-()[]{}+%=\t|\ufffd")  # in words and numbers; or asked for before
_KINDS: Final = frozenset({"Pc", "Pd", "Po", "Ps", "Pe", "Pi", "Pf", "Sc", "Sk", "Sm", "So", "Cc"})


def rare_delimiter(sample: bytes, *, is_whole: bool) -> str | None:
    """The sign or control character that every line holds equally often, between words in the first one.

    Args:
        sample: The text's first bytes, in UTF-8.
        is_whole: Whether that is all of it; else the last line may be cut off.

    Returns:
        The one that divides lines into most cells; None where there is none, or too few lines to decide.
    """
    text = sample.decode("utf-8", errors="replace")
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip(" ")]
    lines = lines[: _MOST_LINES if is_whole or len(lines) > _MOST_LINES else len(lines) - 1]
    if len(lines) < _LEAST_LINES or max(map(len, lines)) > _LONGEST_LINE:
        return None
    counts = Counter(c for c in lines[0] if c not in _USUAL and _may_divide(c))
    for line in lines[1:]:
        counts = Counter({c: n for c, n in counts.items() if line.count(c) == n})
    named = {c: n for c, n in counts.items() if all(map(_NAME.fullmatch, lines[0].split(c)))}
    return max(named, key=lambda c: (named[c], c), default=None)


def _may_divide(character: str) -> bool:
    """Whether a character is no letter, digit or blank; thorn is both a letter and a delimiter of lawyers' programs."""
    return unicodedata.category(character) in _KINDS or character == "þ"
