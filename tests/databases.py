"""A database for one test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.connections.database import Database


@contextmanager
def sqlite_in(folder: Path) -> Iterator[Database]:
    """A new SQLite file in a folder, migrated, as the default workspace sees it."""
    opened = Database(f"sqlite:///{folder / 'store.db'}")
    opened.migrate()
    yield opened.of_default()
    opened.close()
