"""One database: its engine, its transactions, its schema."""

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection as Connection  # noqa: PLC0414  # other rooms hand transactions around by this name
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from store.audit import note_committed, with_pending
from store.connections.failures import failures_named
from store.connections.guard import guard
from store.connections.scope import Workspace, within
from store.connections.sqlite import SqliteFile, check_foreign_keys, sqlite_engine
from store.connections.statement_spans import trace_statements
from store.connections.unchanged import OPTION, SeenState
from store.connections.writers import WriteTurns
from store.schema import HEAD, current_revision, lock_schema, migrate
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.errors import InvalidInputError, ServiceError

TIMEOUT_S = 30.0
URL_FIELD = "WARMTUNE_DATABASE_URL"
_SECRET_PARAMETERS = ("password", "sslpassword", "passfile", "sslkey", "service")

_COMPACT = json.JSONEncoder(allow_nan=False, separators=(",", ":"))  # json.dumps would make one each time


class Database:
    """A SQLite file or a PostgreSQL database, behind one face. Threads may share it.

    Every transaction is either reading or writing. A writing one takes SQLite's write lock at once (BEGIN
    IMMEDIATE): a deferred transaction that turns into a writer fails in spite of the busy timeout. Every wait for the
    database has an end.

    Attributes:
        engine: SQLAlchemy's engine.
        shown_url: The address without its password, for logs.
        workspace: Whose rows its transactions are about; None for what runs the service as a whole.
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
        parsed = database_address(url)
        self.shown_url = _without_secrets(parsed)
        self.workspace: Workspace | None = None
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
            from store.connections.postgres import postgres_engine  # noqa: PLC0415  # SQLite's users need not wait for its driver

            self.engine = postgres_engine(parsed, timeout_s=timeout_s, to_json=to_json)
        guard(self.engine)
        trace_statements(self.engine)

    def of(self, workspace: Workspace | None) -> Self:
        """The same database, for one workspace: its transactions see that workspace's rows and the shipped ones.

        Args:
            workspace: Whose; None for what runs the service as a whole.
        """
        bound = copy.copy(self)
        bound.workspace = workspace
        return bound

    @property
    def owner(self) -> Workspace:
        """The workspace that it is bound to.

        Raises:
            ServiceError: If it is bound to none: a mistake in the code.
        """
        if self.workspace is None:
            raise ServiceError("the database is bound to no workspace: use Database.of(workspace)")
        return self.workspace

    def of_default(self) -> Self:
        """The same database for the workspace ``default``, which is there from the first migration on.

        Raises:
            NotFoundError: If the tables are not there yet.
        """
        with self.reading() as connection:
            return self.of(WorkspaceRepository(connection).default())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and is rolled back at the end.

        Raises:
            UnavailableError: If the database can't be reached, or does not answer in time.
        """
        with failures_named(self._check_file), self.engine.connect() as connection:
            yield within(connection.execution_options(**{OPTION: SeenState()}), self.workspace)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing behind when an error passes through.

        Within a request, the row of the audit trail is part of the first one.

        Raises:
            UnavailableError: If the database can't be reached, or stays locked.
            StorageFullError: If there is no room.
        """
        with self.bookkeeping() as connection, with_pending(connection):
            yield connection
        note_committed()

    @contextmanager
    def bookkeeping(self) -> Iterator[Connection]:
        """As `writing`, for what the service notes for itself: it is none of the audit trail's.

        Raises:
            UnavailableError: If the database can't be reached, or stays locked.
            StorageFullError: If there is no room.
        """
        if self._turns is None or self._file is None:
            with failures_named(self._check_file), self.engine.connect() as connection, connection.begin():
                yield within(connection, self.workspace)
            return
        with self._alone({}) as writer:
            yield within(writer, self.workspace)

    @contextmanager
    def _alone(self, options: Mapping[str, object]) -> Iterator[Connection]:
        """A writing transaction of SQLite, which has one at a time."""
        if self._turns is None or self._file is None:
            raise ServiceError("only SQLite's writers take turns")
        with self._turns.take() as patience_s, failures_named(self._check_file), self.engine.connect() as connection:
            self._file.check()
            writer = connection.execution_options(warmtune_patience_s=patience_s, **options)
            with writer.begin():
                yield writer
                self._file.check()

    @contextmanager
    def changing_schema(self) -> Iterator[Connection]:
        """A writing transaction that all others of its sort wait for, as long as it takes.

        Raises:
            UnavailableError: As `writing`.
        """
        if self.engine.dialect.name != "postgresql":
            with self.writing() as connection:
                yield connection
            return
        from store.connections.postgres import limit_again, wait_for_ever  # noqa: PLC0415  # as above

        with self.writing() as connection:
            wait_for_ever(connection)
            lock_schema(connection)
            try:
                yield connection
            finally:
                limit_again(connection, self._timeout_s)

    @contextmanager
    def altering(self) -> Iterator[Connection]:
        """A transaction in which tables may be recreated: SQLite drops the old ones, whose rows others refer to."""
        if self.engine.dialect.name == "postgresql":
            with self.changing_schema() as connection:
                yield connection
            return
        with self._alone({"warmtune_foreign_keys": False}) as connection:
            yield connection
            check_foreign_keys(connection)

    @property
    def file(self) -> Path | None:
        """SQLite's file, which need not be there yet; None for PostgreSQL."""
        return None if self._file is None else self._file.path

    def _check_file(self) -> None:
        if self._file is not None:
            self._file.check()

    def migrate(self) -> str | None:
        """Bring the tables to this version's schema; concurrent callers wait for each other, and one migrates.

        Returns:
            The revision that this call migrated from; None if it had nothing to do, or another one did it meanwhile.

        Raises:
            InvalidInputError: If PostgreSQL's database has another encoding than UTF-8.
            ServiceError: If a newer version of Warmtune wrote the database.
            UnavailableError: If another process holds SQLite's lock for longer than the time limit.
        """
        self._check_file()
        with self.reading() as connection:
            if self._file is None:
                from store.connections.postgres import check_encoding  # noqa: PLC0415  # as above

                check_encoding(connection)
            if current_revision(connection) == HEAD:
                return None
        with self.altering() as connection:
            return migrate(connection)

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


def database_address(url: str) -> URL:
    """The address with the driver that is used.

    Raises:
        InvalidInputError: If it is neither a SQLite file's nor a PostgreSQL database's.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:  # the last on a port or host that is none
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
    return _COMPACT.encode(value)
