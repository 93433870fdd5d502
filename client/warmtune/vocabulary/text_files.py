"""What may be said of a file of text: its encoding and its delimiter."""

import codecs
from typing import Final

from warmtune.vocabulary.errors import InvalidInputError

SPACES: Final = "spaces"
"""The delimiter of cells that runs of blanks divide."""

_NAMED_DELIMITERS: Final = {"tab": "\t", "\\t": "\t", "space": SPACES, " ": SPACES, SPACES: SPACES}
_NO_ENCODINGS: Final = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})


def codec_name(encoding: str | None) -> str | None:
    """Python's name of an encoding; None for None.

    Raises:
        InvalidInputError: On a name that no encoding of text files has.
    """
    if encoding is None:
        return None
    try:
        codec = codecs.lookup(encoding)
        b"\n\0\0\0".decode(codec.name, errors="ignore")  # refuses codecs that aren't of text
    except (LookupError, TypeError, ValueError, UnicodeError) as error:
        raise _no_encoding(encoding) from error
    if codec.name.replace("-", "_") in _NO_ENCODINGS or codec.incrementaldecoder is None:
        raise _no_encoding(encoding)
    return str(codec.name)


def one_character(delimiter: str | None) -> str | None:
    """A delimiter as one character, or `SPACES`; None for None.

    Raises:
        InvalidInputError: On what can't stand between cells.
    """
    if delimiter is None:
        return None
    found = _NAMED_DELIMITERS.get(delimiter, delimiter) if isinstance(delimiter, str) else ""
    if found == SPACES or (len(found) == 1 and found.isascii() and not found.isalnum() and found not in "\0\n\r\"'."):
        return found
    raise InvalidInputError(
        "the delimiter is not a single character that can separate cells",
        field="delimiter",
        value=delimiter,
        limit="one ASCII character that is no letter, digit, quote or point; 'tab' or 'spaces'",
    )


def _no_encoding(encoding: object) -> InvalidInputError:
    return InvalidInputError(
        f"there is no encoding {encoding!r} of text files",
        field="encoding",
        value=str(encoding)[:40],
        limit="a codec's name, e.g. utf-8, cp1252, cp1251, shift_jis, gb18030",
    )
