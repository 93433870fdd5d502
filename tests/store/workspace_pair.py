"""The same workspace, alone in a database and among others."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from store.connections.database import Database
from store.connections.scope import SHIPPED, within
from store.search_spaces import SearchSpaceRepository
from store.studies import StudyRepository
from store.tasks import TaskRepository
from tests.databases import sqlite_in
from tests.store.samples import make_task
from tests.store.workspace_contents import NARROWER, fill, make, new_study, ship
from tests.store.workspace_methods import Call
from warmtune.vocabulary.errors import WarmtuneError


def answered(database: Database, call: Call) -> object:
    """What a call answers, or the error that it raises; nothing of it stays."""
    try:
        with database.writing() as connection:
            answer = comparable(call(connection))
            raise RolledBack(answer)
    except RolledBack as ended:
        return ended.args[0]
    except WarmtuneError as error:
        return type(error).__name__, error.message, error.field, error.value, error.limit


class RolledBack(Exception):  # noqa: N818  # no error: it carries an answer
    """Ends a transaction."""


def comparable(value: object) -> object:
    """An answer without what tells databases apart: order numbers and moments."""
    if is_dataclass(value) and not isinstance(value, type):
        names = {field.name for field in fields(value)} - {
            "seq",
            "study_seq",
            "task_seq",
            "workspace_seq",
            "created_at",
        }
        return {name: comparable(getattr(value, name)) for name in sorted(names - {"next_cursor", "space"})}
    if isinstance(value, (list, tuple)):
        return [comparable(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Pair:
    """The same workspace, alone in a database and among others."""

    alone: Database
    among_others: Database


@contextmanager
def paired(database: Database, folder: Path) -> Iterator[Pair]:
    """A workspace between two others in `database`, and alone in one of its own."""
    ship(database)
    other = make(database, "other")  # in both, so that jobs have the same names
    with sqlite_in(folder, name="alone.db") as busy:
        ship(busy)
        alone = make(busy, "other")
        with alone.writing() as connection:
            fill(connection)
        with database.writing() as connection:
            fill(connection, value=0.1)  # before: the default workspace
            within(connection, other.workspace or SHIPPED)
            fill(connection)
        third = make(database, "third")
        with third.writing() as connection:
            fill(connection, value=0.9)  # and after
            StudyRepository(connection).create(new_study(connection, "study_of_third"))
            SearchSpaceRepository(connection).register("of third", NARROWER)
            TaskRepository(connection).keep(make_task("of third", n_rows=77.0))
        yield Pair(alone, other)
