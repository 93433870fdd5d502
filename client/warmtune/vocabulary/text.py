"""What counts as text."""

import re
from collections.abc import Iterable
from typing import Final

from warmtune.vocabulary.errors import InvalidInputError

ACTING_SIGNS: Final = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Within a class of a pattern: control characters, ends of lines, marks of direction. They act instead of showing."""
_ACTING: Final = re.compile(f"[{ACTING_SIGNS}]")


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
                limit="no control characters, line ends or direction marks",
            )
