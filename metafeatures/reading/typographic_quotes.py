"""Cells between typographic quotes, as word processors and some locales' spreadsheets write them."""

import re
from typing import Final

from metafeatures.arrays import ByteArray

_OPENING: Final = "“„«「".encode()
_BORDERS: Final = rb"[,;\t|\r\n]"
_OPEN: Final = "(?:“|„|«|「)".encode()
_CLOSE: Final = "(?:”|“|»|」)".encode()
_OPENS: Final = re.compile(rb"(^|" + _BORDERS + rb")( ?)" + _OPEN)
_CLOSES: Final = re.compile(_CLOSE + rb"(?= ?(?:" + _BORDERS + rb"|$))")
_MARK_BYTES: Final = frozenset(_OPENING)


def with_plain_quotes(content: ByteArray, sample: bytes) -> bytes | None:
    """The text with `"` around its cells instead; None where none are around cells, or `"` occurs too.

    Args:
        content: Bytes of the text.
        sample: The first of them, in which both kinds of quotes must stand around as many cells.
    """
    if sample.isascii() or b'"' in sample or not _MARK_BYTES.intersection(sample) or _OPENS.search(sample) is None:
        return None
    lines = sample[: sample.rfind(b"\n") + 1] if len(sample) < len(content) else sample
    if len(_OPENS.findall(lines)) != len(_CLOSES.findall(lines)):
        return None
    whole = content.tobytes()
    if b'"' in whole:
        return None
    return _CLOSES.sub(b'"', _OPENS.sub(rb'\1\2"', whole))
