"""What only PostgreSQL can: rows by COPY."""

from collections.abc import Iterable

import psycopg
from sqlalchemy import Connection

from warmtune.vocabulary.errors import ServiceError


def copy_rows(connection: Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Send rows by a `COPY ... FROM STDIN` statement, within the connection's transaction.

    Raises:
        ServiceError: If the connection is not psycopg's.
    """
    driver = connection.connection.dbapi_connection
    session = getattr(driver, "driver_connection", driver)  # SQLAlchemy may wrap it
    if not isinstance(session, psycopg.Connection):
        raise ServiceError(f"there is no COPY with {type(session).__name__}")
    with session.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
