"""SQLite: how its file is opened, and that it is still the one that was opened."""

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from warmtune.vocabulary.errors import ServiceError, UnavailableError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
    from sqlalchemy.pool import ConnectionPoolEntry

_RETRY_S = 0.01
_UNCHECKED = "warmtune_unchecked"


class SqliteFile:
    """The file of a database; threads may share it.

    Once opened it is never created again: a deleted file must not be taken for an empty database. Its write-ahead log
    holds what was committed last, and connections go on writing to a deleted one: what they acknowledge would be gone
    with the process. SQLite itself deletes the log when the last connection of all processes is closed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._identity: tuple[int, int] | None = None
        self._log_path = path.with_name(f"{path.name}-wal")
        self._log_identity: tuple[int, int] | None = None
        self._n_open = 0
        self._counting = threading.Lock()

    def connect(self, timeout_s: float) -> sqlite3.Connection:
        """Open it; the first time it is made where there is none."""
        mode = "rwc" if self._identity is None else "rw"
        address = f"file:{quote(str(self.path))}?mode={mode}"
        opened = sqlite3.connect(address, uri=True, timeout=timeout_s, check_same_thread=False, isolation_level=None)
        if self._identity is None:
            self._identity = _seen(self.path)
        return opened

    def note_opened(self) -> None:
        """A connection has entered write-ahead logging: as long as one has, the log stays."""
        with self._counting:
            if self._n_open == 0:
                self._log_identity = _seen(self._log_path)
            self._n_open += 1

    def note_closed(self) -> None:
        """One is about to be closed."""
        with self._counting:
            self._n_open -= 1
            if self._n_open == 0:
                self._log_identity = None

    def check(self) -> None:
        """Return while the paths lead to the file that was opened, and to its log.

        Raises:
            UnavailableError: If one was deleted or replaced: further writes would be lost.
        """
        if self._is_replaced() or self._is_log_replaced():
            raise UnavailableError(
                "the database's file or its log was deleted or replaced under the running service: restart it",
                code="database_gone",
            )

    def _is_replaced(self) -> bool:
        return self._identity is not None and _seen(self.path) != self._identity

    def _is_log_replaced(self) -> bool:
        known, seen = self._log_identity, _seen(self._log_path)
        if seen == known:
            return False
        with self._counting:
            if self._n_open and self._log_identity is None:
                self._log_identity = seen  # a new database has it after its first transaction
                return False
            return known is not None and self._log_identity == known


def _seen(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def sqlite_engine(url: URL, file: SqliteFile, *, timeout_s: float, to_json: Callable[[object], str]) -> Engine:
    """An engine whose transactions begin as their options say: a writing one takes the write lock at once.

    Args:
        url: SQLAlchemy's.
        file: What it leads to.
        timeout_s: How long a connection waits for other processes' locks.
        to_json: Writes JSON columns.
    """
    file.path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        creator=lambda: file.connect(timeout_s),
        json_serializer=to_json,
        hide_parameters=True,
        pool_size=16,
        max_overflow=64,
        pool_timeout=timeout_s,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: "DBAPIConnection", _: "ConnectionPoolEntry") -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        cursor = connection.cursor()
        _enter_wal(cursor, timeout_s)
        cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged trial survives a power cut, too
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()
        file.note_opened()

    @event.listens_for(engine, "close")
    def note_closed(_connection: "DBAPIConnection", _: "ConnectionPoolEntry") -> None:
        file.note_closed()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        patience_s = options.get("warmtune_patience_s")
        if patience_s is None:
            connection.exec_driver_sql("BEGIN")
            return
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(patience_s * 1000)}")
        if options.get("warmtune_foreign_keys", True):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # within a transaction it would have no effect
        connection.connection.info[_UNCHECKED] = True
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def check_again(connection: "DBAPIConnection | None", record: "ConnectionPoolEntry") -> None:
        if record.info.pop(_UNCHECKED, False) and connection is not None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.close()

    return engine


def check_foreign_keys(connection: Connection) -> None:
    """Return if every row refers to rows that are there, after a transaction that did without looking.

    Raises:
        ServiceError: If one doesn't, naming its table.
    """
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise ServiceError(
            f"a row of {broken[0]} refers to a row of {broken[2]} that is not there; nothing was changed"
        )


def _enter_wal(cursor: "DBAPICursor", timeout_s: float) -> None:
    """Switch to write-ahead logging; SQLite gives up at once when two do so at the same time, whatever the timeout."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not is_busy or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return
