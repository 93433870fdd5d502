"""How workspaces begin and end."""

import pytest
from sqlalchemy import Connection, Table, func, select

from store.connections.database import Database
from store.connections.scope import COLUMN, Workspace, everywhere
from store.pages import PageRequest
from store.tables import metadata, trials, workspaces
from store.workspaces import WorkspaceRepository
from tests.store.workspace_contents import make
from tests.store.workspace_pair import Pair
from warmtune.vocabulary.errors import ConflictError, NotFoundError


@pytest.mark.slow
def test_what_is_deleted_with_a_workspace_and_what_stays(pair: Pair) -> None:
    database = pair.among_others.of(None)
    assert pair.among_others.workspace is not None
    gone = pair.among_others.workspace

    def n_rows(connection: Connection, table: Table) -> int:
        return int(connection.execute(everywhere(select(func.count()).select_from(table))).scalar_one())

    def own_rows(connection: Connection, owner: Workspace) -> int:
        counted = [
            select(func.count()).where(table.c[COLUMN] == owner.seq)
            for table in metadata.sorted_tables
            if COLUMN in table.c
        ]
        return sum(int(connection.execute(everywhere(one)).scalar_one()) for one in counted)

    with database.writing() as connection:
        before = n_rows(connection, trials)
        assert own_rows(connection, gone) > 15
        assert WorkspaceRepository(connection).delete("other") == gone
        assert own_rows(connection, gone) == 0
        assert n_rows(connection, trials) == before - 7
        assert n_rows(connection, workspaces) == 3
        with pytest.raises(ConflictError):
            WorkspaceRepository(connection).delete("default")
        with pytest.raises(NotFoundError):
            WorkspaceRepository(connection).delete("(shipped)")
        with pytest.raises(NotFoundError):
            WorkspaceRepository(connection).delete("other")
    with pytest.raises(NotFoundError), database.reading() as connection:
        WorkspaceRepository(connection).by_seq(gone.seq)


def test_names_of_workspaces_are_unique(database: Database) -> None:
    make(database, "a")
    with pytest.raises(ConflictError):
        make(database, "a")
    with pytest.raises(ConflictError):
        make(database, "(shipped)")
    with database.of(None).reading() as connection:
        assert [one.workspace.name for one in WorkspaceRepository(connection).page(PageRequest()).items] == [
            "a",
            "default",
        ]


def test_a_deleted_workspaces_number_is_nobodys_for_ever(database: Database) -> None:
    """What is in memory or under way for it, such as a job, is known by this number."""
    numbers = []
    for _ in range(3):
        with database.of(None).writing() as connection:
            numbers.append(WorkspaceRepository(connection).create("short-lived").workspace.seq)
        with database.of(None).writing() as connection:
            WorkspaceRepository(connection).delete("short-lived")
    assert numbers == sorted(set(numbers))
