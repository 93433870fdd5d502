"""One database: its engine, its transactions, its schema."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection as Connection  # noqa: PLC0414  # other rooms hand transactions around by this name
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError

from store.schema import migrate
from warmtune.vocabulary.errors import InvalidInputError, UnavailableError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 30_000
URL_FIELD = "WARMTUNE_DATABASE_URL"


class Database:
    """A SQLite file or a PostgreSQL database, behind one face. Threads may share it.

    Every transaction is either reading or writing. A writing one takes SQLite's write lock at once (BEGIN
    IMMEDIATE): a deferred transaction that turns into a writer fails in spite of the busy timeout.

    Attributes:
        engine: SQLAlchemy's engine.
        shown_url: The address without its password, for logs.
    """

    def __init__(self, url: str) -> None:
        """Open nothing yet.

        Raises:
            InvalidInputError: On an address that is neither a SQLite file nor PostgreSQL.
        """
        parsed = _parse(url)
        self.shown_url = parsed.render_as_string(hide_password=True)
        self.engine = _sqlite_engine(parsed) if parsed.get_backend_name() == "sqlite" else _postgres_engine(parsed)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and is rolled back at the end.

        Raises:
            UnavailableError: If the database can't be reached.
        """
        with _failures_named(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing behind when an error passes through.

        Raises:
            UnavailableError: If the database can't be reached, is full, or stays locked for 30 s.
        """
        with _failures_named(), self.engine.connect() as connection:
            writer = connection.execution_options(warmtune_writes=True)
            with writer.begin():
                yield writer

    def migrate(self) -> None:
        """Bring the tables to this version's schema; concurrent callers wait for each other."""
        with self.writing() as connection:
            migrate(connection)

    def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            UnavailableError: If there is none.
        """
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all connections; the object may be used again."""
        self.engine.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        # the address may hold a password: it is not repeated
        raise InvalidInputError("the database address is not a URL", field=URL_FIELD) from error
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise InvalidInputError(
                "an in-memory database would forget acknowledged trials; name a file: sqlite:///warmtune.db",
                field=URL_FIELD,
            )
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise InvalidInputError("the database is neither SQLite nor PostgreSQL", field=URL_FIELD, value=backend)


def _sqlite_engine(url: URL) -> Engine:
    Path(str(url.database)).expanduser().parent.mkdir(parents=True, exist_ok=True)
    url = url.set(database=str(Path(str(url.database)).expanduser()))
    engine = create_engine(
        url,
        json_serializer=to_json,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        pool_size=16,
        max_overflow=64,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: "DBAPIConnection", _: "ConnectionPoolEntry") -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        cursor = connection.cursor()
        _enter_wal(cursor)
        cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged trial survives a power cut, too
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("warmtune_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _enter_wal(cursor: "DBAPICursor") -> None:
    """Switch to write-ahead logging; SQLite gives up at once when two do so at the same time, whatever the timeout."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _postgres_engine(url: URL) -> Engine:
    return create_engine(url, json_serializer=to_json, pool_size=16, max_overflow=32, pool_pre_ping=True)


def to_json(value: object) -> str:
    """Compact JSON in which NaN and infinities are an error."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise UnavailableError(f"the database does not answer: {type(error.orig).__name__}") from error
