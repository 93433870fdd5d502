"""Decompression with a cap, in memory that doesn't grow with what is claimed."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, cast

import pyarrow as pa

from metafeatures.limits import TableLimits
from metafeatures.reading.foreign import refusal
from metafeatures.reading.formats import read_head
from metafeatures.reading.scratch import Scratch
from metafeatures.reading.signatures import TORCH, Foreign
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

_CHUNK_BYTES: Final = 1 << 20
_MOST_LAYERS: Final = 2  # a zip that holds a .csv.gz
_MOST_MEMBERS: Final = 10_000


class Compression(StrEnum):
    """What a file as a whole is compressed with."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    BZ2 = "bz2"
    XZ = "xz"
    ZIP = "zip"


_MAGICS: Final = (
    (b"\x1f\x8b", Compression.GZIP),
    (b"\x28\xb5\x2f\xfd", Compression.ZSTD),
    (b"BZh", Compression.BZ2),
    (b"\xfd7zXZ\x00", Compression.XZ),
)
# what a zip is whose members say that it is more than one: by name of a member, in this order
_ZIPPED: Final = (
    ("xl/workbook.bin", Foreign("a binary Excel workbook (.xlsb)", "save it as .xlsx or CSV")),
    ("word/document.xml", Foreign("a Word document", "send the table itself as CSV or .xlsx")),
    ("ppt/presentation.xml", Foreign("a PowerPoint document", "send the table itself as CSV or .xlsx")),
    ("mimetype", Foreign("an OpenDocument file (.ods, .odt)", "save the sheet as .xlsx or CSV")),
    ("Index/Document.iwa", Foreign("a Numbers or Pages document", "export the sheet as CSV or .xlsx")),
)


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
    limits.check_bytes(path.stat().st_size)
    return path, outermost


def check_workbook_size(path: Path, limits: TableLimits) -> None:
    """Refuse a zipped workbook whose members are larger than allowed once unpacked.

    Raises:
        LimitExceededError: If they are.
        InvalidTableError: If the zip is damaged.
    """
    limits.check_bytes(sum(member.file_size for member in _members(path)))


def _compression_of(path: Path, limits: TableLimits) -> Compression:
    head = read_head(path)
    for magic, compression in _MAGICS:
        if head.startswith(magic):
            return compression
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        limits.check_bytes(path.stat().st_size)
        return Compression.NONE if _is_workbook(path) else Compression.ZIP
    return Compression.NONE


def _is_workbook(path: Path) -> bool:
    names = {member.filename for member in _members(path)}
    for name, foreign in _ZIPPED:
        if name in names:
            raise refusal(foreign)
    if any(name == "data.pkl" or name.endswith("/data.pkl") for name in names):
        raise refusal(TORCH)
    if "model.weights.h5" in names:
        raise refusal(Foreign("a Keras model (.keras)", "send the table itself"))
    if names and all(name.endswith(".npy") for name in names):
        raise refusal(Foreign("NumPy arrays (.npz)", "give the arrays to the SDK, or save one with numpy.savetxt"))
    return "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)


def _members(path: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged(Compression.ZIP, error) from error
    if len(members) > _MOST_MEMBERS:
        raise LimitExceededError(
            f"the zip has {len(members):,} members", field="file", value=len(members), limit=f"{_MOST_MEMBERS} members"
        )
    return members


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
    elif compression is Compression.XZ:
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
