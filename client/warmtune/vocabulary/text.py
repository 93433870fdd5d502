"""What counts as text, and how a text is shown that may hold anything."""

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from warmtune.vocabulary.errors import InvalidInputError

ACTING_SIGNS: Final = (
    r"\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
)
"""Within a class of a pattern: control characters, ends of lines, marks of direction, and signs without a width. They
act instead of showing, or make two names look alike. Joiners are left out: some scripts and emoji need them."""
_ACTING: Final = re.compile(f"[{ACTING_SIGNS}]")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories that are seen as something else than themselves: controls, marks of direction, half characters."""
JOINERS: Final = frozenset("\u200c\u200d")


def is_unicode(text: str) -> bool:
    """Whether a text has no half characters (lone surrogates), which nothing can send."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_still(names: Iterable[str], *, field: str) -> None:
    """Refuse new names in which a sign acts: what is stored already keeps its name.

    Raises:
        InvalidInputError: On the first one, naming `field` and the sign.
    """
    for name in names:
        found = _ACTING.search(name)
        if found is not None:
            raise InvalidInputError(
                f"a name holds the character U+{ord(found.group()):04X}, which is invisible",
                field=field,
                value=name.encode("unicode_escape").decode()[:200],
                limit="no control characters, line ends, direction marks or signs without a width",
            )


def inert(text: str) -> str:
    """The text with every sign that acts rather than shows in its escaped form, as Python writes it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(sign) if _is_unseen(sign) else sign for sign in text)


def inert_lines(text: str) -> str:
    """The same, where line breaks stay."""
    return "\n".join(inert(line) for line in text.split("\n"))


def inert_json(document: str) -> str:
    """A JSON document with such signs as JSON's own escapes: it says the same."""
    if document.isascii() and document.isprintable():
        return document
    return "".join(json.dumps(sign)[1:-1] if sign != "\n" and _is_unseen(sign) else sign for sign in document)


def _escaped(sign: str) -> str:
    code = ord(sign)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN and sign not in JOINERS
