"""What a file system's failures mean: which are a lack of room, which of rights or of the disk itself."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from warmtune.vocabulary.errors import StorageFullError, UnavailableError

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED: Final = (
    errno.EACCES,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
    errno.ESTALE,
)


@contextmanager
def file_failures_named(what: str, *, field: str | None = None) -> Iterator[None]:
    """Raise failures of the file system as errors of the family; a missing file passes through, and all others.

    Args:
        what: What is written, for the message.
        field: Of the request, if it is the request's.

    Raises:
        StorageFullError: If there is no room.
        UnavailableError: If the file system refuses to write or to read, under the code ``files_unavailable``.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError(
                f"there is no disk space left for {what}; nothing of it is stored", field=field
            ) from error
        if error.errno in _REFUSED:
            raise UnavailableError(
                f"{what} can't be written or read: {error.strerror}", code="files_unavailable", field=field
            ) from error
        raise
