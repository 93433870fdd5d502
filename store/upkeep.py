"""Upkeep of a database: rows whose time is over, and the room that deleted rows left."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from store.connections.database import Database
from store.connections.failures import failures_named
from store.retention import ExpiredCounts, RetentionAges, count_expired, forget_expired


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What upkeep did, or would do.

    Attributes:
        is_dry_run: Whether nothing was done.
        expired: Rows that were forgotten, or would be.
        bytes_before: Size of the database.
        bytes_after: The same afterwards.
    """

    is_dry_run: bool
    expired: ExpiredCounts
    bytes_before: int
    bytes_after: int


def keep_up(database: Database, ages: RetentionAges, *, dry_run: bool = False) -> Upkeep:
    """Delete old rows, free disk space and refresh statistics; services may continue meanwhile.

    On SQLite, writers wait while the file is rewritten. On PostgreSQL, space is freed for the tables only.

    Args:
        database: Unbound: the rows of all workspaces.
        ages: How old rows may become.
        dry_run: Only count.

    Raises:
        UnavailableError: If the database can't be reached, or stays locked.
        StorageFullError: If there is no room for SQLite's second file.
    """
    before = _size(database)
    if dry_run:
        with database.reading() as connection:
            return Upkeep(True, count_expired(connection, ages), before, before)
    expired = forget_expired(database, ages)
    with failures_named(), database.engine.connect() as connection:
        _give_room_back(connection)
    return Upkeep(False, expired, before, _size(database))


def _give_room_back(connection: Connection) -> None:
    """Outside of any transaction, as both databases want it."""
    alone = connection.execution_options(isolation_level="AUTOCOMMIT")
    if connection.dialect.name == "postgresql":
        alone.execute(text("VACUUM (ANALYZE)"))
        return
    session = alone.connection.driver_connection
    if session is not None:
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"):
            session.execute(statement).fetchall()


def _size(database: Database) -> int:
    if database.file is not None:
        wal = database.file.with_name(f"{database.file.name}-wal")
        return sum(path.stat().st_size for path in (database.file, wal) if path.exists())
    with database.reading() as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
