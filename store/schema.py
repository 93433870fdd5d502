"""Bringing a database to this version's tables."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from warmtune.vocabulary.errors import ServiceError

HEAD = "0020"
_ADVISORY_LOCK = 7_205_759_403  # any number that only Warmtune uses


EMPTY = "nothing"
"""What `migrate` has found in a new database."""


def migrate(connection: Connection, *, to: str = HEAD) -> str | None:
    """Run the migrations that are missing, inside the caller's writing transaction.

    Alembic is imported only if there is something to do: it would cost a tenth of a second at every start.

    Args:
        connection: To the database.
        to: A revision; an older one than this version's is for backups that an older version wrote.

    Returns:
        The revision that was there before, `EMPTY` for a new database; None if there was nothing to do.

    Raises:
        ServiceError: If a newer version of Warmtune wrote the database.
    """
    current = current_revision(connection)
    if current == to:
        return None
    from alembic import command  # noqa: PLC0415  # only when there is something to do
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, to)
    except CommandError as error:
        raise ServiceError(
            f"the schema {current if to == HEAD else to!r} is not known to this version; use the newer Warmtune"
        ) from error
    return current or EMPTY


def lock_schema(connection: Connection) -> None:
    """Wait until no other process changes the schema or the shipped data; on PostgreSQL until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})


def current_revision(connection: Connection) -> str | None:
    """The schema that the database has, or None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
