"""Whether a database has API keys, found out before anything is opened for writing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, inspect

from store.api_keys import ApiKeyRepository
from store.connections.database import Database, database_address


def has_stored_keys(url: str, *, timeout_s: float) -> bool | None:
    """Whether there is any key, even a revoked or expired one.

    Nothing is changed: no file or directory is made, no table migrated, no journal begun.

    Args:
        url: Of a SQLite file or a PostgreSQL database, which need not be there.
        timeout_s: For each statement.

    Returns:
        Whether; None where SQLite's file can't be read so: opening it for good says why.

    Raises:
        InvalidInputError: On an address that is neither.
        UnavailableError: If PostgreSQL can't be reached.
    """
    address = database_address(url)
    if address.get_backend_name() == "sqlite":
        return _in_file(Path(str(address.database)).expanduser(), timeout_s)
    database = Database(url, timeout_s=timeout_s)
    try:
        with database.reading() as connection:
            return _in_tables(connection)
    finally:
        database.close()


def _in_tables(connection: Connection) -> bool:
    return inspect(connection).has_table("api_keys") and ApiKeyRepository(connection).were_made()


def _in_file(path: Path, timeout_s: float) -> bool | None:
    if not path.exists():
        return False
    try:
        with _read_only(path, timeout_s) as connection:
            tables = connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'api_keys'")
            if tables.fetchone() is None:
                return False
            return connection.execute("SELECT 1 FROM api_keys LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return None


@contextmanager
def _read_only(path: Path, timeout_s: float) -> Iterator[sqlite3.Connection]:
    """A connection that makes no file beside the database, as even one that only reads does without being told."""
    is_open_elsewhere = path.with_name(f"{path.name}-wal").exists()  # its latest commits are in there
    options = "mode=ro" if is_open_elsewhere else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"file:{quote(str(path))}?{options}", uri=True, timeout=timeout_s)
    try:
        yield connection
    finally:
        connection.close()
