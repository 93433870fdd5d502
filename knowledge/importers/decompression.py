"""Compressed sources, unpacked into a temporary file with a cap."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast

from knowledge.importers.options import ImportLimits
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK_BYTES = 1 << 20


@contextmanager
def unpacked(path: Path, limits: ImportLimits) -> Iterator[Path]:
    """The path of the plain content: `path` itself, or a temporary file that is removed afterwards.

    Raises:
        InvalidInputError: If the content is damaged or cut off.
        LimitExceededError: As soon as more than ``limits.max_unpacked_bytes`` have come out.
    """
    with path.open("rb") as file:
        magic = file.read(4)
    if not magic.startswith((_GZIP, _ZSTD)):
        yield path
        return
    with NamedTemporaryFile(prefix="warmtune-") as out:
        try:
            with _opened(path, is_gzip=magic.startswith(_GZIP)) as source:
                _copy(source, cast(BinaryIO, out), limits.max_unpacked_bytes)
        except LimitExceededError:
            raise
        except (OSError, EOFError, zlib.error) as error:  # Arrow's errors are of OSError, too
            raise InvalidInputError(f"the compressed content is damaged or cut off: {error}", field="file") from error
        out.flush()
        yield Path(out.name)


@contextmanager
def _opened(path: Path, *, is_gzip: bool) -> Iterator[BinaryIO]:
    if is_gzip:
        with gzip.open(path, "rb") as stream:
            yield cast(BinaryIO, stream)
        return
    import pyarrow as pa  # noqa: PLC0415  # which plain files need not wait for

    with pa.OSFile(str(path), "rb") as raw, pa.CompressedInputStream(raw, "zstd") as stream:
        yield cast(BinaryIO, stream)


def _copy(source: BinaryIO, sink: BinaryIO, max_bytes: int) -> None:
    n_bytes = 0
    while chunk := source.read(_CHUNK_BYTES):
        n_bytes += len(chunk)
        if n_bytes > max_bytes:
            raise LimitExceededError(
                f"the file is larger than {max_bytes:,} bytes once unpacked",
                field="file",
                value=n_bytes,  # come out before it was stopped
                limit=f"{max_bytes} bytes",
            )
        sink.write(chunk)
