"""EBCDIC, the encoding of mainframes: recognised by its bytes, of which ASCII's text has few."""

from typing import Final

from warmtune.vocabulary.errors import InvalidTableError

EBCDIC: Final = "cp037"
"""The commonest page; the others differ from it in brackets, accents and a few signs."""
PAGES: Final = frozenset({"cp037", "cp273", "cp500", "cp1026", "cp1140"})
_TEXT: Final = frozenset(
    byte
    for byte in range(256)
    if (c := bytes((byte,)).decode(EBCDIC)).isalnum() or c in " ,.;:-_'\"/()+*#@%&|\t\r\n\x85"
)
_LETTERS: Final = frozenset(byte for byte in _TEXT if byte > 0x80)
_LINE_ENDS: Final = (b"\x25", b"\x15")
_ASCII: Final = b"\n "
_TEXT_SHARE: Final = 0.97
_LETTER_SHARE: Final = 0.1


def is_ebcdic(head: bytes) -> bool:
    """Whether bytes are EBCDIC: letters and digits of that, and neither lines nor blanks of ASCII's.

    Raises:
        InvalidTableError: If they are, but without ends of lines.
    """
    if not head or any(byte in head for byte in _ASCII):
        return False
    n_text, n_letters = sum(byte in _TEXT for byte in head), sum(byte in _LETTERS for byte in head)
    if n_text < _TEXT_SHARE * len(head) or n_letters < _LETTER_SHARE * len(head):
        return False
    if not any(end in head for end in _LINE_ENDS):
        if b"\r" in head:  # the ends of lines of another single-byte text
            return False
        raise InvalidTableError(
            "this is text in EBCDIC, whose records have a fixed length and no ends of lines; write them as lines, with"
            " a delimiter between the fields (iconv and cut, or the mainframe's own export to CSV)",
            field="file",
            value="EBCDIC",
            limit="lines of text",
        )
    return True


def with_line_ends(text: str) -> str:
    """A text of EBCDIC with today's ends of lines for its own."""
    return text.replace("\r\x85", "\n").replace("\x85", "\n")
