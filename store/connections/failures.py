"""What a database's failures mean: which are waits that ended, which a lack of room or of rights."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from warmtune.vocabulary.errors import ConflictError, StorageFullError, UnavailableError

_FULL_SQLITE = (sqlite3.SQLITE_FULL,)
_FULL_POSTGRES = ("53100", "53200")  # disk full, out of memory
_RIGHTS_SQLITE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_RIGHTS_POSTGRES = ("42501", "25006")  # insufficient privilege, read-only transaction
_DAMAGED_SQLITE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_DAMAGED_POSTGRES = ("XX001", "XX002")  # data, index corrupted
_GONE_SQLITE = 787  # SQLITE_CONSTRAINT_FOREIGNKEY
_GONE_POSTGRES = ("23503",)
_TAKEN_SQLITE = (1555, 2067)  # SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
_TAKEN_POSTGRES = ("23505",)
_ENDED_POSTGRES = ("25P03", "25P04")  # idle in, or too long in, a transaction: this process stood still meanwhile
_BUSY_SQLITE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_BUSY_POSTGRES = ("55P03", "57014", "40P01", "40001")  # lock timeout, statement timeout, deadlock, serialisation


@contextmanager
def failures_named(check_file: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Raise the driver's failures as errors of the family; a fault in the SQL itself passes through.

    Raises:
        ConflictError: If what a row refers to was deleted at the same time, or its name taken.
        StorageFullError: If there is no room.
        UnavailableError: If the database can't be reached, doesn't answer in time, or can't be written to.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise UnavailableError("too many requests use the database; try again in a moment", code="busy") from error
    except DBAPIError as error:
        check_file()  # of a file that is gone SQLite says that it can't be written to, or opened
        named = _named(error)
        if named is None:
            raise
        raise named from error


def _named(error: DBAPIError) -> ConflictError | UnavailableError | StorageFullError | None:
    cause = error.orig
    if _is_exactly(cause, (_GONE_SQLITE,), _GONE_POSTGRES):
        return ConflictError("the object was deleted by another request at the same time; load it again")
    if _is_exactly(cause, _TAKEN_SQLITE, _TAKEN_POSTGRES):
        return ConflictError("another request stored the same object at the same time; load it again")
    if _is_one_of(cause, _FULL_SQLITE, _FULL_POSTGRES):
        return StorageFullError("there is no disk space left for the database; nothing was written")
    if _is_one_of(cause, _RIGHTS_SQLITE, _RIGHTS_POSTGRES):
        return UnavailableError(f"the database can't be written to: {cause}", code="database_read_only")
    if _is_one_of(cause, _BUSY_SQLITE, _BUSY_POSTGRES):
        return UnavailableError("the database is busy with other writes; try again in a moment", code="busy")
    if _is_one_of(cause, _DAMAGED_SQLITE, _DAMAGED_POSTGRES):
        return UnavailableError(f"the database is damaged, restore a backup: {cause}", code="database_damaged")
    if _is_exactly(cause, (), _ENDED_POSTGRES):
        return UnavailableError("the database has ended an idle transaction; try again")
    if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return None  # a fault in the SQL: for SQLite an operational error, too
    if isinstance(error, (OperationalError, InterfaceError)):
        return UnavailableError(f"the database does not answer: {type(cause).__name__}")
    return None


def _is_exactly(cause: object, sqlite_codes: tuple[int, ...], sql_states: tuple[str, ...]) -> bool:
    """Whether it is one of these; of SQLite, extended codes."""
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) in sqlite_codes
    return getattr(cause, "sqlstate", None) in sql_states


def _is_one_of(cause: object, sqlite_codes: tuple[int, ...], sql_states: tuple[str, ...]) -> bool:
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return isinstance(code, int) and code & 0xFF in sqlite_codes  # the primary code of an extended one
    return getattr(cause, "sqlstate", None) in sql_states  # psycopg's, which takes time to import
