"""The database's own clock: the one that all services on it share."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, func, text


def database_now(connection: Connection) -> datetime:
    """This moment by the clock of the database's machine, whatever the clocks of the services say.

    A SQLite file's database is this process.
    """
    if connection.dialect.name != "postgresql":
        return datetime.now(UTC)
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now.astimezone(UTC)


def now_within(connection: Connection) -> ColumnElement[datetime] | datetime:
    """The same moment for a statement to write, without asking for it first."""
    return func.clock_timestamp() if connection.dialect.name == "postgresql" else datetime.now(UTC)
