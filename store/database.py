"""One database: its engine, its transactions, its schema."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection as Connection  # noqa: PLC0414  # other rooms hand transactions around by this name
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from store.failures import failures_named
from store.schema import lock_schema, migrate
from store.sqlite import SqliteFile, sqlite_engine
from store.writers import WriteTurns
from warmtune.vocabulary.errors import InvalidInputError

TIMEOUT_S = 30.0
URL_FIELD = "WARMTUNE_DATABASE_URL"
_SECRET_PARAMETERS = ("password", "sslpassword", "passfile", "sslkey", "service")


class Database:
    """A SQLite file or a PostgreSQL database, behind one face. Threads may share it.

    Every transaction is either reading or writing. A writing one takes SQLite's write lock at once (BEGIN
    IMMEDIATE): a deferred transaction that turns into a writer fails in spite of the busy timeout. Every wait for the
    database has an end.

    Attributes:
        engine: SQLAlchemy's engine.
        shown_url: The address without its password, for logs.
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, must_exist: bool = False) -> None:
        """Open nothing yet.

        Args:
            url: Of a SQLite file or a PostgreSQL database.
            timeout_s: For a lock or a statement.
            must_exist: Whether a missing file is an error, rather than an empty database.

        Raises:
            InvalidInputError: On an address that is neither.
        """
        parsed = _parse(url)
        self.shown_url = _without_secrets(parsed)
        self._timeout_s = timeout_s
        self._turns: WriteTurns | None = None
        self._file: SqliteFile | None = None
        if parsed.get_backend_name() == "sqlite":
            self._turns = WriteTurns(patience_s=timeout_s)
            self._file = SqliteFile(Path(str(parsed.database)).expanduser())
            if must_exist and not self._file.path.is_file():
                raise InvalidInputError("there is no such database", field=URL_FIELD, value=str(self._file.path))
            self.engine: Engine = sqlite_engine(parsed, self._file, timeout_s=timeout_s, to_json=to_json)
        else:
            from store.postgres import postgres_engine  # noqa: PLC0415  # SQLite's users need not wait for its driver

            self.engine = postgres_engine(parsed, timeout_s=timeout_s, to_json=to_json)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and is rolled back at the end.

        Raises:
            UnavailableError: If the database can't be reached, or does not answer in time.
        """
        with failures_named(self._check_file), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing behind when an error passes through.

        Raises:
            UnavailableError: If the database can't be reached, or stays locked.
            StorageFullError: If there is no room.
        """
        if self._turns is None or self._file is None:
            with failures_named(self._check_file), self.engine.connect() as connection, connection.begin():
                yield connection
            return
        with self._turns.take() as patience_s, failures_named(self._check_file), self.engine.connect() as connection:
            self._file.check()
            writer = connection.execution_options(warmtune_patience_s=patience_s)
            with writer.begin():
                yield writer
                self._file.check()

    @contextmanager
    def changing_schema(self) -> Iterator[Connection]:
        """A writing transaction that all others of its sort wait for, as long as it takes.

        Raises:
            UnavailableError: As `writing`.
        """
        with self.writing() as connection:
            if self.engine.dialect.name != "postgresql":
                yield connection
                return
            from store.postgres import limit_again, wait_for_ever  # noqa: PLC0415  # as above

            wait_for_ever(connection)
            lock_schema(connection)
            try:
                yield connection
            finally:
                limit_again(connection, self._timeout_s)

    def _check_file(self) -> None:
        if self._file is not None:
            self._file.check()

    def migrate(self) -> None:
        """Bring the tables to this version's schema; concurrent callers wait for each other."""
        with self.changing_schema() as connection:
            migrate(connection)

    def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            UnavailableError: If there is none, or the file is gone.
        """
        if self._file is not None:
            self._file.check()
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


def _without_secrets(url: URL) -> str:
    """The address for logs: a password may stand in its query, too."""
    hidden = {name: "***" for name in url.query if name.lower() in _SECRET_PARAMETERS}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def to_json(value: object) -> str:
    """Compact JSON in which NaN and infinities are an error."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
