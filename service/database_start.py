"""The database at the start: migrated, with everything that ships in it."""

import time

import structlog

from service.settings import Settings
from service.shipped_contents import seed
from store.connections.database import Database
from store.schema import HEAD
from warmtune.catalogue import catalogue


def open_database(settings: Settings) -> Database:
    """The database of the settings, ready to be served from.

    Raises:
        UnavailableError: If it can't be reached, or can't be written to.
        StorageFullError: If there is no room.
        ServiceError: If a newer version of Warmtune wrote it.
        OSError: If its directory can't be made.
    """
    database = Database(settings.database_url, timeout_s=settings.database_timeout_s)
    try:
        started = time.monotonic()
        former = database.migrate()
        if former is not None:
            took_s = round(time.monotonic() - started, 3)
            structlog.get_logger().info("database_migrated", revision=HEAD, former_revision=former, duration_s=took_s)
        with database.changing_schema() as connection:  # services that start together wait for each other
            seed(connection, catalogue())
    except BaseException:
        database.close()
        raise
    return database
