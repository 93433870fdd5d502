"""PostgreSQL: connections whose every wait has an end, and rows by COPY."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from warmtune.vocabulary.errors import InvalidInputError, ServiceError
from warmtune.vocabulary.spans import span

CONNECT_S: Final = 5
POOL_S: Final = 10.0
_COPY: Final = {"db.system.name": "postgresql", "db.operation.name": "COPY"}


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is given up when the server doesn't answer in time.

    The server's own timeouts don't help where it hangs as a whole, nor do TCP's: the kernel continues to acknowledge.

    Attributes:
        limit_s: For every single wait; None waits without a limit, for migrations.
    """

    limit_s: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server, as psycopg does, but with a limit."""
        limit_s = self.limit_s if timeout is None else timeout
        started = time.monotonic()
        try:
            return super().wait(gen, interval, limit_s)
        except psycopg.OperationalError:
            if limit_s is not None and time.monotonic() - started >= limit_s:
                self.pgconn.finish()  # its state is unknown, and a rollback would wait as long once more
            raise


def postgres_engine(url: URL, *, timeout_s: float, to_json: Callable[[object], str]) -> Engine:
    """An engine whose every wait ends.

    Args:
        url: SQLAlchemy's.
        timeout_s: For one statement; for a lock half of it.
        to_json: Writes JSON columns.
    """
    engine = create_engine(
        url,
        json_serializer=to_json,
        hide_parameters=True,
        pool_size=16,
        max_overflow=32,
        pool_pre_ping=True,
        pool_timeout=POOL_S,
    )
    options = {
        "statement_timeout": round(timeout_s * 1000),
        "lock_timeout": round(timeout_s * 500),
        "idle_in_transaction_session_timeout": round(timeout_s * 2000),
    }

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: list[Any], given: dict[str, Any]) -> BoundedConnection:
        said = " ".join(f"-c {name}={value}" for name, value in options.items())
        chosen = {"connect_timeout": CONNECT_S, "keepalives_idle": 30, "tcp_user_timeout": round(timeout_s * 1000)}
        # whatever the environment says: names of all languages have to come through
        both = {**chosen, **given, "client_encoding": "utf8", "options": f"{said} {given.get('options', '')}".strip()}
        opened = BoundedConnection.connect(*arguments, **both)
        opened.limit_s = timeout_s + 1.0  # the server's own timeout comes first, where it lives
        return opened

    return engine


def check_encoding(connection: Connection) -> None:
    """Return if the database can hold text of all languages.

    Raises:
        InvalidInputError: If it was made with another encoding, as `createdb` does where the locale has one.
    """
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise InvalidInputError(
            "the database can't hold text of all languages: create it with ENCODING 'UTF8' TEMPLATE template0",
            field="WARMTUNE_DATABASE_URL",
            value=str(encoding),
            limit="UTF8",
        )


def wait_for_ever(connection: Connection) -> None:
    """Lift the limits within the transaction: migrations take as long as they take, and others wait for them."""
    session = _session(connection)
    session.limit_s = None
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        connection.exec_driver_sql(f"SET LOCAL {name} = 0")


def limit_again(connection: Connection, timeout_s: float) -> None:
    """Undo `wait_for_ever`; the server's own settings return with the end of the transaction."""
    _session(connection).limit_s = timeout_s + 1.0


def copy_rows(connection: Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Send rows by a `COPY ... FROM STDIN` statement, within the connection's transaction.

    Raises:
        DBAPIError: As SQLAlchemy's own statements, which `store.connections.failures` names.
        ServiceError: If the connection is not psycopg's.
    """
    try:
        with span("COPY", _COPY), _session(connection).cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:  # COPY goes past SQLAlchemy
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error


def _session(connection: Connection) -> BoundedConnection:
    driver = connection.connection.dbapi_connection
    session = getattr(driver, "driver_connection", driver)  # SQLAlchemy may wrap it
    if not isinstance(session, BoundedConnection):
        raise ServiceError(f"{type(session).__name__} is not a connection to PostgreSQL")
    return session
