"""A database for one test."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from store.connections.database import Database


@contextmanager
def migrated(url: str) -> Iterator[Database]:
    """The database at an address, migrated, as the default workspace sees it."""
    opened = Database(url)
    opened.migrate()
    yield opened.of_default()
    opened.close()


def sqlite_in(folder: Path) -> AbstractContextManager[Database]:
    """A new SQLite file in a folder, likewise."""
    return migrated(f"sqlite:///{folder / 'store.db'}")
