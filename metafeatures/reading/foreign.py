"""Files that are no table that can be read: named for what they are, with what to send instead."""

import zlib
from typing import Final

from metafeatures.reading.signatures import MAGICS, PATTERNS, PICKLE, TEXTS, Foreign
from warmtune.vocabulary.errors import InvalidTableError

READABLE: Final = (
    "CSV and its kin, Parquet, Arrow IPC or Feather, workbooks (.xlsx, .xls, .xlsb, .ods), JSON Lines, JSON records, "
    "GeoJSON, ARFF"
)
_ZLIB: Final = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")


def refuse_binary(head: bytes) -> None:
    """Refuse a file by its first bytes, if they are those of a known format that isn't read.

    Raises:
        InvalidTableError: Naming the format and the remedy.
    """
    for place, magic, foreign in MAGICS:
        if head[place : place + len(magic)] == magic:
            raise refusal(foreign)
    for pattern, foreign in PATTERNS:
        if pattern.match(head):
            raise refusal(foreign)
    if head.startswith(_ZLIB):
        _refuse_deflated(head)


def _refuse_deflated(head: bytes) -> None:
    """Refuse a zlib stream, which joblib writes its pickles as."""
    try:
        inner = zlib.decompressobj().decompress(head, 64)
    except zlib.error:
        return  # a text that begins so
    if any(pattern.match(inner) for pattern, foreign in PATTERNS if foreign is PICKLE):
        raise refusal(PICKLE)
    if inner:
        raise refusal(Foreign("a zlib stream", "compress with gzip or zstd, or send it plain"))


def refuse_text(head: bytes) -> None:
    """Refuse a text by its beginning, if it is known to be no table.

    Raises:
        InvalidTableError: Naming the format and the remedy.
    """
    for pattern, foreign in TEXTS:
        if pattern.match(head):
            raise refusal(foreign)


def refusal(foreign: Foreign) -> InvalidTableError:
    """The error that says what a file is."""
    return InvalidTableError(
        f"this is {foreign.name}; {foreign.remedy}", field="file", value=foreign.name, limit=READABLE
    )
