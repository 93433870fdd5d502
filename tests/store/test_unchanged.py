"""What was read before is given again only while nobody has written: on both databases, across processes."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise

import pytest
from sqlalchemy import Connection, text

from store.connections.database import Database
from store.connections.scope import Workspace
from store.connections.unchanged import MAX_KEPT, OPTION, unchanged
from store.workspaces import WorkspaceRepository

_WRITE = """
import sys
from store.connections.database import Database
from sqlalchemy import text
with Database(sys.argv[1]).of_default().writing() as connection:
    connection.execute(text("UPDATE workspaces SET name = name || 'x' WHERE seq = 1"))
"""


class Reader:
    """Reads the names of workspaces, and counts how often it is asked to."""

    def __init__(self) -> None:
        self.n_read = 0

    def names(self, connection: Connection) -> list[str]:
        """What is kept, or read now."""
        return unchanged(connection, "names", lambda: self._read(connection))

    def _read(self, connection: Connection) -> list[str]:
        self.n_read += 1
        return [name for (name,) in connection.execute(text("SELECT name FROM workspaces WHERE seq > 0 ORDER BY seq"))]


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def own(database: Database) -> Iterator[Database]:
    """With connections of its own: one after the other, it is always the same one."""
    with closing(Database(database.engine.url.render_as_string(hide_password=False))) as opened:
        yield opened.of_default()


def rename(connection: Connection, name: str) -> None:
    connection.execute(text("UPDATE workspaces SET name = :name WHERE seq > 1"), {"name": name})


@pytest.fixture
def other(database: Database) -> Workspace:
    with database.writing() as connection:
        return WorkspaceRepository(connection).create("other").workspace


def test_it_is_read_once_while_nobody_writes(own: Database, reader: Reader) -> None:
    states = []
    for _ in range(5):
        with own.reading() as connection:
            first, second = reader.names(connection), reader.names(connection)
            states.append(connection.get_execution_options()[OPTION].of(connection))
        assert first is second
    # PostgreSQL counts what is written to the server's other databases
    assert reader.n_read == 1 + sum(before != after for before, after in pairwise(states))
    assert own.engine.dialect.name == "postgresql" or reader.n_read == 1


@pytest.mark.usefixtures("other")
def test_what_the_same_pool_has_written_is_read(own: Database, reader: Reader) -> None:
    for name in ("b", "c", "d"):
        with own.writing() as connection:
            rename(connection, name)
        with own.reading() as connection:
            assert reader.names(connection)[1] == name


@pytest.mark.usefixtures("other")
def test_what_another_pool_writes_meanwhile_is_read_next(own: Database, reader: Reader) -> None:
    with closing(Database(own.engine.url.render_as_string(hide_password=False))) as second:
        with own.reading() as connection:
            reader.names(connection)
            with second.of_default().writing() as writer:
                rename(writer, "meanwhile")
            assert reader.names(connection)[1] == "other"
        with own.reading() as connection:
            assert reader.names(connection)[1] == "meanwhile"


def test_what_another_process_has_written_is_read(database_url: str, reader: Reader) -> None:
    with closing(Database(database_url)) as opened:
        opened.migrate()
        own = opened.of_default()
        with own.reading() as connection:
            assert reader.names(connection) == ["default"]
        subprocess.run([sys.executable, "-c", _WRITE, database_url], check=True, timeout=120)
        with own.reading() as connection:
            assert reader.names(connection) == ["defaultx"]


@pytest.mark.usefixtures("other")
def test_what_is_rolled_back_is_never_kept(own: Database, reader: Reader) -> None:
    with pytest.raises(ZeroDivisionError), own.writing() as connection:
        rename(connection, "never")
        assert reader.names(connection)[1] == "never"
        raise ZeroDivisionError
    for _ in range(2):
        with own.reading() as connection:
            assert reader.names(connection)[1] == "other"


def test_workspaces_have_results_of_their_own(own: Database, other: Workspace) -> None:
    def asked(database: Database) -> object:
        with database.reading() as connection:
            return unchanged(connection, "same", lambda: database.owner.name)

    assert [asked(own), asked(own.of(other)), asked(own)] == ["default", "other", "default"]


def test_a_failure_is_not_kept(own: Database) -> None:
    answers: list[Callable[[], int]] = [lambda: 1 // 0, lambda: 7]
    with own.reading() as connection:
        with pytest.raises(ZeroDivisionError):
            unchanged(connection, "once", answers[0])
        assert unchanged(connection, "once", answers[1]) == 7


def test_a_connection_keeps_a_bounded_number(own: Database) -> None:
    with own.reading() as connection:
        for number in range(10 * MAX_KEPT):
            assert unchanged(connection, number, lambda number=number: number) == number  # type: ignore[misc]
        kept = connection.info["warmtune_kept"]
    assert len(kept[1]) <= MAX_KEPT
