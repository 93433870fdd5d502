"""Upkeep of a database: rows whose time is over, and the room that deleted rows left."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, text

from store.clock import database_now
from store.database import Database
from store.failures import failures_named
from store.scope import everywhere
from store.tables import jobs, stored_answers
from warmtune.vocabulary.job import JobState


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What upkeep did.

    Attributes:
        n_jobs: Ended jobs that were forgotten, with their logs.
        n_answers: Answers for repeated requests that were forgotten.
        bytes_before: Size of the database.
        bytes_after: The same afterwards.
    """

    n_jobs: int
    n_answers: int
    bytes_before: int
    bytes_after: int


def keep_up(database: Database, *, jobs_for: timedelta, answers_for: timedelta) -> Upkeep:
    """Forget what is old, then give room back and let the database count its rows anew; services may go on meanwhile.

    On SQLite, writers wait while the file is written anew. On PostgreSQL, room is given back to the tables only.

    Args:
        database: Unbound: the rows of all workspaces.
        jobs_for: Jobs that ended longer ago are forgotten.
        answers_for: So are answers that are older.

    Raises:
        UnavailableError: If the database can't be reached, or stays locked.
        StorageFullError: If there is no room for SQLite's second file.
    """
    before = _size(database)
    with database.writing() as connection:
        now = database_now(connection)
        ended = jobs.c.state.in_([state.value for state in JobState if state.is_final])
        old_jobs = delete(jobs).where(ended, jobs.c.finished_at < now - jobs_for)
        old_answers = delete(stored_answers).where(stored_answers.c.created_at < now - answers_for)
        counts = [connection.execute(everywhere(statement)).rowcount for statement in (old_jobs, old_answers)]
    with failures_named(), database.engine.connect() as connection:
        _give_room_back(connection)
    return Upkeep(counts[0], counts[1], before, _size(database))


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
