"""A database of either kind, empty for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.connections.database import Database
from tests.conftest import fresh_database
from tests.databases import migrated, sqlite_in


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """One of its own for each test: several imports at once lock what a shared one is emptied of."""
    if request.param == "sqlite":
        with sqlite_in(tmp_path) as opened:
            yield opened
        return
    with fresh_database(str(request.getfixturevalue("postgres_server"))) as url, migrated(url) as opened:
        yield opened
