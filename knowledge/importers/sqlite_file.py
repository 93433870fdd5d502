"""Whether a file is a whole SQLite database; opened read-only and immutable."""

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from warmtune.vocabulary.errors import InvalidInputError

_MAGIC = b"SQLite format 3\x00"


def is_sqlite(head: bytes) -> bool:
    """Whether a file that begins so is one of SQLite's."""
    return head.startswith(_MAGIC)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a whole file, which writes nothing and runs nothing of a foreign schema.

    Raises:
        InvalidInputError: If the file is no SQLite database, truncated, or damaged where it is read.
    """
    _check_whole(path)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA query_only = ON")
            yield connection
    except sqlite3.DatabaseError as error:
        raise InvalidInputError(f"the database file is damaged: {error}", field="file") from error


def _check_whole(path: Path) -> None:
    """Compare the size that the header claims with the file's own.

    Raises:
        InvalidInputError: If it is no SQLite database, or truncated.
    """
    with path.open("rb") as file:
        head = file.read(100)
    size = path.stat().st_size
    if len(head) < 100 or not is_sqlite(head):
        raise InvalidInputError("the file is not an SQLite database", field="file")
    page_bytes = struct.unpack(">H", head[16:18])[0]
    page_bytes = 65_536 if page_bytes == 1 else page_bytes
    claimed = page_bytes * struct.unpack(">I", head[28:32])[0]
    if size < claimed:
        raise InvalidInputError(
            f"the database file is truncated: it has {size:,} of the {claimed:,} bytes that its header states",
            field="file",
            value=size,
            limit=f"{claimed} bytes",
        )


def tables_of(connection: sqlite3.Connection) -> frozenset[str]:
    """The names of its tables; views are none."""
    return frozenset(str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
