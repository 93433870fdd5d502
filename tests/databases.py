"""A database for one test."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path

from store.connections.database import Database


@contextmanager
def migrated(url: str) -> Iterator[Database]:
    """The database at an address, migrated, as the default workspace sees it."""
    opened = Database(url)
    opened.migrate()
    yield opened.of_default()
    opened.close()


def sqlite_in(folder: Path, *, name: str = "store.db") -> AbstractContextManager[Database]:
    """A new SQLite file in a folder, likewise. It is a copy of one that was migrated once a process, for speed."""
    shutil.copyfile(_migrated_file(), folder / name)
    return migrated(f"sqlite:///{folder / name}")


@cache
def _migrated_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="warmtune-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "migrated.db"
    with migrated(f"sqlite:///{path}"):
        pass
    if path.with_name(f"{path.name}-wal").exists():
        raise AssertionError(f"a closed database left a log beside it: {folder}")
    return path
