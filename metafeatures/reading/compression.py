"""Decompression with a cap, in memory that doesn't grow with what is claimed."""

import bz2
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, cast

import pyarrow as pa

from metafeatures.limits import TableLimits
from metafeatures.reading.formats import read_head
from metafeatures.reading.office_files import zipped_workbook
from metafeatures.reading.scratch import Scratch
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

_CHUNK_BYTES: Final = 1 << 20
_MOST_LAYERS: Final = 2  # a zip that holds a .csv.gz


class Compression(StrEnum):
    """What a file as a whole is compressed with."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    BZ2 = "bz2"
    XZ = "xz"
    LZMA = "lzma"
    ZIP = "zip"


_MAGICS: Final = (
    (b"\x1f\x8b", Compression.GZIP),
    (b"\x28\xb5\x2f\xfd", Compression.ZSTD),
    (b"BZh", Compression.BZ2),
    (b"\xfd7zXZ\x00", Compression.XZ),
)
_LZMA_HEAD: Final = struct.Struct("<BIQ")  # properties, size of the dictionary, size of the content or all ones
_LZMA_PROPERTIES: Final = 0x5D  # what all programs write
_LZMA_DICTIONARIES: Final = frozenset(size for k in range(12, 31) for size in (1 << k, 3 << (k - 1)))
_LZMA_SIZES: Final = 1 << 48


def plain_file(path: Path, limits: TableLimits, scratch: Scratch) -> tuple[Path, Compression]:
    """The path of the decompressed content, `path` itself or a temporary file, and the outermost compression.

    Raises:
        LimitExceededError: As soon as more than ``limits.max_bytes`` have come out.
        InvalidTableError: If the content is damaged or cut off, or an archive doesn't hold exactly one file.
    """
    outermost = Compression.NONE
    for _ in range(_MOST_LAYERS):
        compression = _compression_of(path, limits)
        if compression is Compression.NONE:
            break
        outermost = compression if outermost is Compression.NONE else outermost
        path = _unpacked(path, compression, limits, scratch)
    if outermost is not Compression.NONE and _compression_of(path, limits) is not Compression.NONE:
        raise InvalidTableError(
            f"the file is compressed more than {_MOST_LAYERS} times over; unpack it, and send it compressed once",
            field="file",
            value=f"over {_MOST_LAYERS} layers",
            limit=f"{_MOST_LAYERS} layers",
        )
    limits.check_bytes(path.stat().st_size)
    return path, outermost


def _compression_of(path: Path, limits: TableLimits) -> Compression:
    head = read_head(path)
    for magic, compression in _MAGICS:
        if head.startswith(magic):
            return compression
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        limits.check_bytes(path.stat().st_size)
        return Compression.ZIP if zipped_workbook(path) is None else Compression.NONE
    return Compression.LZMA if _is_lzma(head) else Compression.NONE


def _is_lzma(head: bytes) -> bool:
    """Whether this is the older format of LZMA, which has no magic: a text has no such first bytes."""
    if len(head) < _LZMA_HEAD.size:
        return False
    properties, dictionary, size = _LZMA_HEAD.unpack_from(head)
    is_size = size < _LZMA_SIZES or size == (1 << 64) - 1
    return properties == _LZMA_PROPERTIES and dictionary in _LZMA_DICTIONARIES and is_size


def _unpacked(path: Path, compression: Compression, limits: TableLimits, scratch: Scratch) -> Path:
    sink, plain = scratch.file()
    try:
        with _opened(path, compression) as source:
            _copy(source, sink, compression, limits)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowInvalid) as error:
        raise _damaged(compression, error) from error
    except (NotImplementedError, RuntimeError) as error:  # zipfile: another method, or a password
        raise InvalidTableError(
            f"the zip's member can't be unpacked: {error}", field="file", limit="stored or deflated, no password"
        ) from error
    sink.flush()
    return plain


def _damaged(compression: Compression, error: Exception) -> InvalidTableError:
    return InvalidTableError(
        f"the {compression} content is damaged or cut off: {error}", field="file", limit=f"whole {compression}"
    )


@contextmanager
def _opened(path: Path, compression: Compression) -> Iterator[BinaryIO]:
    if compression is Compression.GZIP:
        with gzip.open(path, "rb") as stream:
            yield cast(BinaryIO, stream)
    elif compression is Compression.BZ2:
        with bz2.open(path, "rb") as unpacked:
            yield cast(BinaryIO, unpacked)
    elif compression in (Compression.XZ, Compression.LZMA):
        with lzma.open(path, "rb") as unpacked_xz:
            yield cast(BinaryIO, unpacked_xz)
    elif compression is Compression.ZIP:
        with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive)) as member:
            yield cast(BinaryIO, member)
    else:
        with pa.OSFile(str(path), "rb") as raw, pa.CompressedInputStream(raw, "zstd") as unpacked_zstd:
            yield cast(BinaryIO, unpacked_zstd)


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not member.filename.rsplit("/", 1)[-1].startswith(".")
    ]
    if len(members) != 1:
        names = ", ".join(repr(member.filename) for member in members[:5])
        raise InvalidTableError(
            f"the zip holds {len(members)} files ({names}{', ...' if len(members) > 5 else ''}): send one of them"
            if members
            else "the zip holds no file",
            field="file",
            value=len(members),
            limit="1 file in the zip",
        )
    return members[0]


def _copy(source: BinaryIO, sink: BinaryIO, compression: Compression, limits: TableLimits) -> None:
    n_bytes = 0
    while chunk := source.read(_CHUNK_BYTES):
        n_bytes += len(chunk)
        if n_bytes > limits.max_bytes:
            raise LimitExceededError(
                f"the {compression} file is larger than {limits.max_bytes:,} bytes once unpacked,"
                " the most that is allowed (max_bytes; of a service: MAX_TABLE_BYTES)",
                field="file",
                value=n_bytes,  # come out before it was stopped
                limit=f"max_bytes = {limits.max_bytes} bytes",
            )
        sink.write(chunk)
