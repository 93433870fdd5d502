"""Outages of a database, each of which ends: what a service has to survive without a restart."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import psycopg

from tests.postgres_server import PostgresServer

_CONNECTIONS: Final = 100
"""PostgreSQL's own limit, unless it is given another one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database is.

    Attributes:
        url: Of the database.
        directory: Of its files; for a full disk, a file system of its own.
        server: PostgreSQL's; None for SQLite.
    """

    url: str
    directory: Path
    server: PostgresServer | None = None

    @property
    def file(self) -> Path:
        """SQLite's file."""
        return self.directory / "warmtune.db"

    @property
    def running(self) -> PostgresServer:
        """PostgreSQL's server.

        Raises:
            ValueError: If the database is a SQLite file.
        """
        if self.server is None:
            raise ValueError("a SQLite file has no server")
        return self.server


@contextmanager
def small_disk(directory: Path, *, megabytes: int) -> Iterator[Path]:
    """A file system in memory of a limited size; it takes the rights to mount one.

    Raises:
        PermissionError: Without those rights.
    """
    directory.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(directory)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise PermissionError("only root may mount a file system")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


@contextmanager
def gone(place: Place) -> Iterator[None]:
    """The server crashes, and is started again."""
    place.running.crash()
    try:
        yield
    finally:
        place.running.start()


@contextmanager
def standing_still(processes: Sequence[psutil.Process]) -> Iterator[None]:
    """A server is stopped: its kernel acknowledges all, and nobody answers."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # an old backend may end by itself
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


@contextmanager
def hanging(place: Place) -> Iterator[None]:
    """The server stands still."""
    with standing_still(place.running.processes):
        yield


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Another program holds a lock that no writer can take."""
    if place.server is None:
        with sqlite3.connect(place.file, isolation_level=None, timeout=60.0) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
        connection.close()
        return
    with psycopg.connect(place.url) as session:
        session.execute("LOCK TABLE trials IN SHARE MODE")
        yield
        session.rollback()


@contextmanager
def read_only(place: Place) -> Iterator[None]:
    """Nothing can be written, as on a standby."""
    try:
        _set(place, "default_transaction_read_only = on")
        yield
    finally:
        _set(place, "default_transaction_read_only = off")


@contextmanager
def full(place: Place) -> Iterator[None]:
    """The disk has no byte left; PostgreSQL may end by it, and is started once there is room."""
    filler = place.directory / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(os.urandom(size))
    try:
        yield
    finally:
        filler.unlink()
        if place.server is not None:
            place.server.start()


@contextmanager
def crowded(place: Place) -> Iterator[None]:
    """Other programs have all connections, and the service's own are ended."""
    with ExitStack() as opened:
        _end_sessions(place)
        with suppress(psycopg.OperationalError):  # the one too many
            for _ in range(_CONNECTIONS):
                opened.enter_context(psycopg.connect(place.url))
        yield


@contextmanager
def disconnected(place: Place) -> Iterator[None]:
    """All sessions are ended, as by an administrator or a proxy between, at the beginning and at the end."""
    _end_sessions(place)
    try:
        yield
    finally:
        _end_sessions(place)


def _end_sessions(place: Place) -> None:
    with psycopg.connect(place.url, autocommit=True) as session:
        session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


def _set(place: Place, setting: str) -> None:
    with psycopg.connect(place.url, autocommit=True, options="-c default_transaction_read_only=off") as session:
        session.execute(f"ALTER SYSTEM SET {setting}")
        session.execute("SELECT pg_reload_conf()")


Outage = Callable[[Place], AbstractContextManager[None]]

OUTAGES: Final[dict[str, dict[str, Outage]]] = {
    "sqlite": {"locked": locked, "full": full},
    "postgresql": {
        "gone": gone,
        "hanging": hanging,
        "locked": locked,
        "read-only": read_only,
        "disconnected": disconnected,
        "crowded": crowded,
        "full": full,
    },
}
"""By kind of database; a full disk comes last, since PostgreSQL may end by it.

A file system with files that are being written can't be made read-only; tests/store/test_failures.py has SQLite's case.
"""
