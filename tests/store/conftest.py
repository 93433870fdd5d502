"""An empty, migrated database of either kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from store.connections.database import Database
from store.tables import metadata
from tests.conftest import fresh_database
from tests.databases import migrated, sqlite_in
from tests.store.workspace_pair import Pair, paired


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def shared_postgres(postgres_server: str) -> Iterator[Database]:
    """One migrated PostgreSQL database; whoever uses it empties it."""
    with fresh_database(postgres_server) as url, migrated(url) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables and nothing in them."""
    if request.param == "sqlite":
        with sqlite_in(tmp_path) as opened:
            yield opened
        return
    shared: Database = request.getfixturevalue("shared_postgres")
    yield shared
    with shared.writing() as connection:
        names = ", ".join(table.name for table in metadata.sorted_tables if table.name != "workspaces")
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        connection.execute(text("DELETE FROM workspaces WHERE seq > 1"))


@pytest.fixture
def pair(database: Database, tmp_path: Path) -> Iterator[Pair]:
    """The same workspace, alone in a database and among others."""
    with paired(database, tmp_path) as made:
        yield made
