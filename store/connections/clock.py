"""The database's own clock: the one that all services on it share."""

from datetime import UTC, datetime

from sqlalchemy import Connection, text


def database_now(connection: Connection) -> datetime:
    """This moment by the clock of the database's machine, whatever the clocks of the services say.

    A SQLite file's database is this process.
    """
    if connection.dialect.name != "postgresql":
        return datetime.now(UTC)
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now.astimezone(UTC)
