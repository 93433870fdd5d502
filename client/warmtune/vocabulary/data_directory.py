"""Where an application keeps a user's data."""

import os
import sys
from pathlib import Path


def data_directory() -> Path:
    """Warmtune's folder among a user's data on this system."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "warmtune"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "warmtune"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "warmtune"
