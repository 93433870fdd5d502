"""Which formats a table may come in, and how they are recognised."""

from enum import StrEnum
from pathlib import Path

from warmtune.vocabulary.errors import InvalidTableError

_HEAD_BYTES = 8


class TableFormat(StrEnum):
    """The format of a table, whatever it is compressed with."""

    CSV = "csv"
    PARQUET = "parquet"
    ARROW_FILE = "arrow_file"
    ARROW_STREAM = "arrow_stream"


class Compression(StrEnum):
    """What a file as a whole is compressed with."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


def compression_of(head: bytes) -> Compression:
    """Recognise a compressed file by its first bytes."""
    if head.startswith(b"\x1f\x8b"):
        return Compression.GZIP
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return Compression.ZSTD
    return Compression.NONE


def format_of(head: bytes) -> TableFormat:
    """Recognise a format by the first bytes of its (decompressed) content; what nothing else claims is CSV."""
    if head.startswith(b"PAR1"):
        return TableFormat.PARQUET
    if head.startswith(b"ARROW1"):
        return TableFormat.ARROW_FILE
    if head.startswith(b"\xff\xff\xff\xff"):
        return TableFormat.ARROW_STREAM
    return TableFormat.CSV


def read_head(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        InvalidTableError: If it is empty.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise InvalidTableError("the file is empty", field="file", value=0, limit="at least 1 byte")
    return head
