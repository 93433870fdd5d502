"""The directory for uploads under way."""

import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "warmtune-spool-"


class Spool:
    """A directory of this process; those that killed processes left behind are removed at the start.

    Attributes:
        directory: Exists from `open` to `close`.
    """

    def __init__(self, parent: Path | None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self.directory = self._parent / f"{_PREFIX}{os.getpid()}"

    def open(self) -> None:
        """Make the directory, private to this user."""
        self._parent.mkdir(parents=True, exist_ok=True)
        for left in self._parent.glob(f"{_PREFIX}*"):
            if not _is_alive(left.name.removeprefix(_PREFIX)):
                shutil.rmtree(left, ignore_errors=True)
        self.directory.mkdir(mode=0o700, exist_ok=True)

    def close(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.directory, ignore_errors=True)


def _is_alive(pid: str) -> bool:
    if not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
