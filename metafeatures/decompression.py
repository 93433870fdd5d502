"""Decompression with a cap, in memory that doesn't grow with what is claimed."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast

import pyarrow as pa

from metafeatures.formats import Compression
from metafeatures.limits import TableLimits
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

_CHUNK_BYTES = 1 << 20


@contextmanager
def plain_file(path: Path, compression: Compression, limits: TableLimits) -> Iterator[Path]:
    """The path of the decompressed content: `path` itself, or a temporary file that is removed afterwards.

    Raises:
        LimitExceededError: As soon as more than ``limits.max_bytes`` have come out.
        InvalidTableError: If the content is damaged or cut off.
    """
    if compression is Compression.NONE:
        limits.check_bytes(path.stat().st_size)
        yield path
        return
    with NamedTemporaryFile(prefix="warmtune-", suffix=".table") as out:
        try:
            with _opened(path, compression) as source:
                _copy(source, cast(BinaryIO, out), compression, limits)
        except (OSError, EOFError, zlib.error, pa.ArrowInvalid) as error:
            raise InvalidTableError(
                f"the {compression} content is damaged or cut off: {error}", field="file", limit=f"whole {compression}"
            ) from error
        out.flush()
        yield Path(out.name)


@contextmanager
def _opened(path: Path, compression: Compression) -> Iterator[BinaryIO]:
    if compression is Compression.GZIP:
        with gzip.open(path, "rb") as stream:
            yield cast(BinaryIO, stream)
    else:
        with pa.OSFile(str(path), "rb") as raw, pa.CompressedInputStream(raw, "zstd") as unpacked:
            yield cast(BinaryIO, unpacked)


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
