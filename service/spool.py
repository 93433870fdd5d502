"""The directory for uploads being handled."""

import fcntl
import os
import shutil
import stat
import tempfile
import threading
from pathlib import Path
from typing import IO, Final

import anyio

from service.file_failures import file_failures_named
from warmtune.vocabulary.errors import UnavailableError

_PREFIX = "warmtune-spool-"
_LOCK = ".lock"
_WRITERS: Final = 4


class Spool:
    """A directory of this process; those that killed processes left behind are removed at the start.

    A process holds a lock in its directory as long as it lives: that is seen across containers, where process ids say
    nothing.

    Attributes:
        directory: Exists from `open` to `close`; its name can't be known before.
        writers: Threads of their own that write to it, so that a slow disk takes none of those of the handlers.
    """

    def __init__(self, parent: Path | None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self._lock: IO[bytes] | None = None
        self._making = threading.Lock()
        self.directory = self._parent
        self.writers = anyio.CapacityLimiter(_WRITERS)

    def open(self) -> None:
        """Make the directory, private to this user.

        Raises:
            OSError: If it can't be made.
        """
        self._parent.mkdir(parents=True, exist_ok=True)
        for left in self._parent.glob(f"{_PREFIX}*"):
            if _is_own_directory(left) and _is_left_behind(left):
                shutil.rmtree(left, ignore_errors=True)
        self.directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=self._parent))
        self._take()

    def usable(self) -> Path:
        """The directory, made again where a cleaner of temporary files has removed it or its lock.

        Raises:
            UnavailableError: If it can't be made, or is another user's by now.
            StorageFullError: If there is no room for it.
        """
        if _is_own_directory(self.directory) and (self.directory / _LOCK).exists():
            return self.directory
        with self._making, file_failures_named("the directory for uploads"):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_own_directory(self.directory):
                raise UnavailableError(
                    "the directory for uploads belongs to another user", code="files_unavailable", field="file"
                )
            if not (self.directory / _LOCK).exists():
                self._take()
        return self.directory

    def _take(self) -> None:
        if self._lock is not None:
            self._lock.close()
        self._lock = (self.directory / _LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Remove it with all that is in it."""
        if self._lock is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self._lock.close()


def _is_own_directory(path: Path) -> bool:
    """Whether the directory belongs to this user and is no symbolic link."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _is_left_behind(path: Path) -> bool:
    try:
        with (path / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:  # of an older version, or of one that starts this very moment
        return not _is_alive(path.name.removeprefix(_PREFIX).partition("-")[0])
    except OSError:
        return False
    return True


def _is_alive(pid: str) -> bool:
    if not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
