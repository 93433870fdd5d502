"""Text in any of the usual encodings, as UTF-8."""

import codecs
import re
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from metafeatures.reading.codepages import likely_codepage
from metafeatures.reading.ebcdic import EBCDIC, PAGES, is_ebcdic, with_line_ends
from metafeatures.reading.foreign import READABLE
from metafeatures.reading.scratch import Scratch
from warmtune.vocabulary.errors import InvalidTableError

_CHUNK_BYTES: Final = 1 << 20
_HEAD_BYTES: Final = 1 << 16
MIXED: Final = "utf-8 with cp1252"
_ESCAPED: Final = (0xDC80, 0xDCFF)  # how `surrogateescape` shows bytes that aren't UTF-8
_CP1252: Final = MappingProxyType(
    {0xDC00 + byte: bytes((byte,)).decode("cp1252", errors="replace") for byte in range(0x80, 0x100)}
)
_ODD: Final = re.compile("[\udc80-\udcff]")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_UTF8_MARK: Final = codecs.BOM_UTF8
_MARKS: Final = (  # UTF-32's little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_JAPANESE_ESCAPES: Final = (b"\x1b$B", b"\x1b$@")  # that begin Japanese in ISO 2022, whose bytes are ASCII's
_UNDEFINED_IN_CP1252: Final = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_CONTROLS: Final = bytes(c for c in range(32) if c not in b"\t\n\v\f\r\x1a") + b"\x7f"
_NOT_FEW: Final = 5
_LATIN: Final = ("cp1252", "latin-1", "cp1250", "iso8859_2")  # their letters seldom make pairs that are sound UTF-8
_MOST_CONTROLS: Final = 0.002  # of the bytes of a text that isn't UTF-8; more are a binary file
_UTF16_ZEROS: Final = 0.15  # of every second byte, at least; and on the other side at most a tenth of that
_UTF32_ZEROS: Final = 0.4  # of the middle bytes of every four; of the outer two one is always zero, the other never


@dataclass(frozen=True, slots=True)
class Utf8Text:
    """A text file as UTF-8.

    Attributes:
        path: Of the UTF-8 content: the file itself, or a temporary one.
        encoding: What the file is in; ``"utf-8 with cp1252"`` where some bytes of UTF-8 are none.
        begin: Where the text begins, after byte order marks.
        n_marks: Byte order marks at the beginning.
        is_said: Whether the caller said the encoding.
        first_odd: Where the first character that isn't ASCII lies in the UTF-8 content; None where the file is UTF-8,
            or there is none.
    """

    path: Path
    encoding: str
    begin: int
    n_marks: int
    first_odd: int | None
    is_said: bool = False


def utf8_text(path: Path, scratch: Scratch, *, encoding: str | None = None) -> Utf8Text:
    """Find a text's encoding, and convert it to UTF-8.

    What is said decides, then byte order marks; without one, text whose every second byte is zero is UTF-16 (of every
    four three: UTF-32), ASCII with escapes to Japanese is ISO-2022-JP, and text that is valid UTF-8 is that. What has
    the letters of EBCDIC is that. Where more characters are sound UTF-8 than bytes are not, or a third as many in a
    Latin file, only those bytes are taken for cp1252. All else is a codepage of another alphabet where its letters are
    of one, or cp1252, or latin-1 where it holds bytes that cp1252 doesn't know.

    Raises:
        InvalidTableError: On a binary file, a text that ends in the middle of a character, or one that isn't in the
            encoding that was said.
    """
    if encoding is not None:
        return replace(_transcoded(path, encoding, scratch), is_said=True)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    encoding = _by_mark_or_zeros(head)
    if encoding is None:
        if head.isascii() and any(sign in head for sign in _JAPANESE_ESCAPES):
            return _transcoded(path, "iso2022_jp", scratch)
        if _is_utf8(path):
            return _marked(path, head)
        if is_ebcdic(head):
            return _transcoded(path, EBCDIC, scratch)
        encoding = _single_byte(path, head)
        n_sound, n_bad = _utf8_characters(path)
        if n_sound > n_bad:
            return _transcoded(path, MIXED, scratch)
        encoding = likely_codepage(path) or encoding
        if encoding in _LATIN and n_sound >= _NOT_FEW and 3 * n_sound > n_bad:  # halves of two encodings, put together
            return _transcoded(path, MIXED, scratch)
    return _transcoded(path, encoding, scratch)


def _marked(path: Path, head: bytes) -> Utf8Text:
    n_marks = 0
    while head.startswith(_UTF8_MARK, n_marks * len(_UTF8_MARK)):
        n_marks += 1
    text = head.rstrip(b"\0")  # zeros at the end only fill a block
    if (head and not text) or text.count(0) > len(text) // 3:
        raise _binary()
    return Utf8Text(path, "utf-8", n_marks * len(_UTF8_MARK), n_marks, None)


def _by_mark_or_zeros(head: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    zeros = np.frombuffer(head[: len(head) // 4 * 4], np.uint8) == 0
    if zeros.size and zeros[2::4].mean() > _UTF32_ZEROS and zeros[1::4].mean() > _UTF32_ZEROS:
        for place, encoding in ((3, "utf-32-le"), (0, "utf-32-be")):
            if zeros[place::4].all() and not zeros[3 - place :: 4].any():
                return encoding
    zeros = np.frombuffer(head[: len(head) // 2 * 2], np.uint8) == 0
    even, odd = (float(zeros[k::2].mean()) if zeros.size else 0.0 for k in (0, 1))
    if odd > _UTF16_ZEROS and even < odd / 10:
        return "utf-16-le"
    if even > _UTF16_ZEROS and odd < even / 10:
        return "utf-16-be"
    return None


def _is_utf8(path: Path) -> bool:
    """Whether the whole file is valid UTF-8.

    Raises:
        InvalidTableError: If it is, but for a last character that is cut off.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_beyond_ascii, n_bytes = False, 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            n_bytes += len(chunk)
            if chunk.isascii() and not decoder.getstate()[0]:  # no character goes on from the chunk before
                continue
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
            is_beyond_ascii = is_beyond_ascii or not text.isascii()
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        if not is_beyond_ascii:  # a single byte of another encoding, at the very end
            return False
        raise InvalidTableError(
            "the file ends in the middle of a character: it was cut off; send the whole file",
            field="file",
            value=f"{n_bytes} bytes",
            limit="a whole file",
        ) from error
    return True


def _utf8_characters(path: Path) -> tuple[int, int]:
    """How many characters beyond ASCII are sound UTF-8, and how many bytes are none."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    n_sound, n_bad = 0, 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            points = np.frombuffer(decoder.decode(chunk).encode("utf-32-le", errors="surrogatepass"), np.uint32)
            is_bad = (points >= _ESCAPED[0]) & (points <= _ESCAPED[1])
            n_bad += int(is_bad.sum())
            n_sound += int((points >= 0x80).sum()) - int(is_bad.sum())
    return n_sound, n_bad


def _single_byte(path: Path, head: bytes) -> str:
    n_controls = len(head) - len(head.translate(None, _CONTROLS))
    if n_controls > _MOST_CONTROLS * len(head):
        raise _binary()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            if len(chunk.translate(None, _UNDEFINED_IN_CP1252)) < len(chunk):
                return "latin-1"
    return "cp1252"


def _transcoded(path: Path, encoding: str, scratch: Scratch) -> Utf8Text:
    is_mixed = encoding == MIXED
    decoder = codecs.getincrementaldecoder("utf-8" if is_mixed else encoding)(
        "surrogateescape" if is_mixed else "strict"
    )
    sink, plain = scratch.file()
    n_bytes, first_odd, is_at_mark, n_marks = 0, None, True, 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:  # of UTF-16 without a mark one without a place
                reason, at = str(error), "the beginning"
                if isinstance(error, UnicodeDecodeError):
                    reason, at = error.reason, f"byte {error.start} of a piece"
                raise InvalidTableError(
                    f"the file isn't all {encoding}: {reason}; send the whole file, best as UTF-8, or pass another"
                    " encoding",
                    field="file",
                    value=at,
                    limit=encoding,
                ) from error
            text = with_line_ends(text) if encoding in PAGES else text
            if is_at_mark and text:
                n_marks = len(text) - len(text.lstrip("\ufeff"))
                text, is_at_mark = text[n_marks:], False
            odd = _first_odd(text, is_mixed=is_mixed) if first_odd is None else None
            if odd is not None:
                first_odd = n_bytes + len(text[:odd].encode("utf-8", errors="replace"))
            text = text.translate(_CP1252) if is_mixed else text
            content = text.encode("utf-8", errors="replace")  # lone surrogates of UTF-16
            n_bytes += len(content)
            sink.write(content)
            if not chunk:
                break
    sink.flush()
    return Utf8Text(plain, encoding, 0, n_marks, first_odd)


def _first_odd(text: str, *, is_mixed: bool) -> int | None:
    """Where the first character is that isn't ASCII; among UTF-8 the first that isn't that."""
    found = _ODD.search(text) if is_mixed else _NOT_ASCII.search(text)
    return None if found is None else found.start()


def _binary() -> InvalidTableError:
    return InvalidTableError(
        "the file is binary and in no format that can be read; if it is text, pass its encoding",
        field="file",
        value="binary",
        limit=READABLE,
    )
