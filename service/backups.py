"""Maintenance of the configured database without a service: backup, restore, clean-up."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from service.settings import Settings
from store.backup import Manifest, one_state, write_backup
from store.connections.database import Database
from store.restore import restore_backup
from store.retention import RetentionAges
from store.upkeep import Upkeep, keep_up

OnTable = Callable[[str, int], None]


def backup(settings: Settings, path: Path, *, on_table: OnTable) -> Manifest:
    """Write a consistent snapshot of the database to a new file.

    Args:
        settings: Of the service; only its database counts.
        path: The file.
        on_table: Called with each table's name and number of rows.

    Raises:
        InvalidInputError: If the file exists.
        ServiceError: If the database has another version's tables, or none.
        UnavailableError: If it can't be reached.
        OSError: If the file can't be written.
    """
    database = Database(settings.database_url, timeout_s=settings.database_timeout_s, must_exist=True)
    try:
        with database.reading() as connection:
            one_state(connection)
            return write_backup(connection, path, on_table=on_table)
    finally:
        database.close()


def restore(settings: Settings, path: Path, *, replace: bool, on_table: OnTable) -> Manifest:
    """Restore a backup in one transaction.

    Args:
        settings: Of the service; only its database counts.
        path: The file.
        replace: Whether a database that is not empty may lose what it holds.
        on_table: Called with each table's name and number of rows.

    Raises:
        ConflictError: If the database is not empty and may not lose what it has.
        InvalidInputError: If the file is missing, no backup, or damaged.
        ServiceError: If a newer version of Warmtune wrote it.
        UnavailableError: If the database can't be reached, or can't be written to.
    """
    database = Database(settings.database_url, timeout_s=settings.database_timeout_s)
    try:
        with database.altering() as connection:
            return restore_backup(connection, path, replace=replace, on_table=on_table)
    finally:
        database.close()


def retention_ages(settings: Settings) -> RetentionAges:
    """The retention ages of the settings."""
    days = settings.retention_studies_days
    return RetentionAges(
        jobs=timedelta(days=settings.retention_jobs_days),
        answers=timedelta(hours=settings.idempotency_hours),
        audit=timedelta(days=settings.audit_days),
        studies=None if days is None else timedelta(days=days),
    )


def vacuum(settings: Settings, ages: RetentionAges, *, dry_run: bool) -> Upkeep:
    """Delete expired rows and return their disk space.

    Args:
        settings: Of the service; only its database counts.
        ages: How old rows may become.
        dry_run: Only count what would be forgotten.

    Raises:
        InvalidInputError: If there is no such database.
        UnavailableError: If it can't be reached, or stays locked.
        StorageFullError: If there is no room.
    """
    database = Database(settings.database_url, timeout_s=settings.database_timeout_s, must_exist=True)
    try:
        return keep_up(database, ages, dry_run=dry_run)
    finally:
        database.close()
