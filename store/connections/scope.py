"""Whose rows a connection may touch: every connection that reads or writes owned rows is bound to a workspace.

A new table says in its `info` what it is (`OWNED`, `ScopedByParent`, or `COMMON` to all), and
`store.connections.guard` refuses to execute a statement that touches it without the condition that belongs to it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, bindparam, or_
from sqlalchemy.sql.base import Executable

from warmtune.vocabulary.errors import ServiceError

COLUMN: Final = "workspace_seq"
"""The column of owned tables that says whose a row is."""
OPTION: Final = "warmtune_workspace"
EVERYWHERE: Final = "warmtune_everywhere"
ASKING: Final = "asking_workspace"
"""The parameter that `visible_to_asker` and `own_of_asker` leave open."""
SHIPPED_SEQ: Final = 0
DEFAULT_SEQ: Final = 1
DEFAULT_NAME: Final = "default"


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a connection is bound to.

    Attributes:
        seq: Its order number; 0 is that of the shipped data, 1 that of the workspace ``default``.
        name: Unique.
        secret: Seals what must not tell of others' rows, such as cursors.
    """

    seq: int
    name: str
    secret: bytes = field(repr=False)


SHIPPED: Final = Workspace(SHIPPED_SEQ, "(shipped)", b"")
"""Owns what comes with Warmtune: every workspace sees it, and none may change it."""


@dataclass(frozen=True, slots=True)
class ScopedByParent:
    """Rows that belong to whom their parents belong to.

    Attributes:
        columns: The keys of parents; a statement has to compare one of them.
    """

    columns: tuple[str, ...]


OWNED: Final[dict[str, object]] = {"scope": "owned"}
COMMON: Final = {"scope": "common"}
DERIVED: Final = {"derived": True}
"""Beside its scope: the rows can be made anew from others, so that a backup leaves them out."""


def through(*columns: str) -> dict[str, object]:
    """The `info` of a table whose rows belong to whom their parents belong to."""
    return {"scope": ScopedByParent(columns)}


def within(connection: Connection, workspace: Workspace | None) -> Connection:
    """Bind a connection to a workspace, or to none, until its transaction ends."""
    return connection if workspace is None else connection.execution_options(**{OPTION: workspace})


@contextmanager
def as_workspace(connection: Connection, workspace: Workspace) -> Iterator[Connection]:
    """A connection bound to another workspace within the block, in the same transaction."""
    before = workspace_of(connection)
    try:
        yield within(connection, workspace)
    finally:
        within(connection, before)


def bound_workspace(connection: Connection) -> Workspace | None:
    """The workspace that a connection is bound to, or None."""
    found: Workspace | None = connection.get_execution_options().get(OPTION)
    return found


def workspace_of(connection: Connection) -> Workspace:
    """The workspace that a connection is bound to.

    Raises:
        ServiceError: If it is bound to none: a mistake in the code.
    """
    found = bound_workspace(connection)
    if found is None:
        raise ServiceError("the connection is bound to no workspace: use Database.of(workspace)")
    return found


def owner_of(connection: Connection) -> Mapping[str, int]:
    """The column that a new row of an owned table gets."""
    return {COLUMN: workspace_of(connection).seq}


def own(connection: Connection, table: FromClause) -> ColumnElement[bool]:
    """The condition that a row is the workspace's own."""
    column: ColumnElement[int] = table.c[COLUMN]
    return column == workspace_of(connection).seq


def visible(connection: Connection, table: FromClause) -> ColumnElement[bool]:
    """The condition that a row is the workspace's own, or ships."""
    column: ColumnElement[int] = table.c[COLUMN]
    return or_(column == workspace_of(connection).seq, column == SHIPPED_SEQ)


def visible_to_asker(table: FromClause) -> ColumnElement[bool]:
    """As `visible`, for a statement that is made once and executed with `asker(connection)` among its parameters.

    A statement that every request executes takes longer to be put together than to be executed.
    """
    column: ColumnElement[int] = table.c[COLUMN]
    return or_(column == bindparam(ASKING), column == SHIPPED_SEQ)


def own_of_asker(table: FromClause) -> ColumnElement[bool]:
    """As `own`, in the same way."""
    column: ColumnElement[int] = table.c[COLUMN]
    return column == bindparam(ASKING)


def asker(connection: Connection) -> Mapping[str, int]:
    """The parameter that these leave open."""
    return {ASKING: workspace_of(connection).seq}


Statement = TypeVar("Statement", bound=Executable)


def everywhere(statement: Statement) -> Statement:
    """A statement that is meant for the rows of all workspaces: of what runs the service, never of a request."""
    return statement.execution_options(**{EVERYWHERE: True})
