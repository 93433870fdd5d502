"""Where an application keeps a user's data."""

import os
import sys
from pathlib import Path


def data_directory() -> Path:
    """Warmtune's folder among a user's data on this system.

    A variable whose path is relative doesn't count: the folder would be another one wherever a program is started.
    """
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "warmtune"
    if sys.platform == "win32":
        return (_absolute("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "warmtune"
    return (_absolute("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "warmtune"


def _absolute(variable: str) -> Path | None:
    path = Path(os.environ.get(variable, ""))
    return path if path.is_absolute() else None
