"""INSERT with ON CONFLICT, which both databases have and SQLAlchemy keeps in their dialects."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert


def upserting(connection: Connection, table: Table) -> PostgresInsert | SqliteInsert:
    """An insert into `table` that can say what happens on a conflict, in the connection's own dialect."""
    return PostgresInsert(table) if connection.dialect.name == "postgresql" else SqliteInsert(table)
