"""Services of a new version that start together on a database of an old one: one migrates it, the other waits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from store.connections.database import Database
from store.schema import HEAD, migrate
from tests.conftest import fresh_database
from tests.serving import LiveService, start_service
from tests.store.test_upgrade_path import N_TRIALS, fill

FORMER = "0009"
N_SERVICES = 2
KEY = "the-key-of-the-settings"  # rows of a key are in the database: from then on, each request needs one


@pytest.fixture(params=["sqlite", "postgresql"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of a former revision, with rows in each table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
        make_old(url)
        yield url
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        make_old(url)
        yield url


def make_old(url: str) -> None:
    database = Database(url)
    with database.altering() as connection:
        migrate(connection, to=FORMER)
        counts = fill(connection)
        if url.startswith("postgresql"):  # rows that were filled in name their numbers: let new ones come after
            for name in counts:
                if any(column["name"] == "seq" for column in inspect(connection).get_columns(name)):
                    connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'seq'), 1000)"))
    database.close()


@contextmanager
def started_together(directory: Path, url: str) -> Iterator[list[LiveService]]:
    """Services that begin at the same moment; all are stopped, also if one doesn't start."""
    with ThreadPoolExecutor(N_SERVICES) as pool:
        begun = [
            pool.submit(start_service, directory / f"service{number}", database_url=url, api_keys=KEY)
            for number in range(N_SERVICES)
        ]
        wait(begun)
    try:
        yield [one.result() for one in begun]
    finally:
        ends = [one.result().stop() for one in begun if one.exception() is None]
    assert ends == [0] * N_SERVICES


def test_one_of_several_services_migrates_and_all_serve(old_database: str, tmp_path: Path) -> None:
    with started_together(tmp_path, old_database) as started:
        migrated = [line for one in started for line in one.log_lines() if line["event"] == "database_migrated"]
        seeded = [line for one in started for line in one.log_lines() if line["event"] == "knowledge_base_loaded"]
        found = [one.http.get("/v1/studies/study_2", headers={"X-API-Key": KEY}).json() for one in started]
        ready = [one.http.get("/readyz").status_code for one in started]
    assert [(line["former_revision"], line["revision"]) for line in migrated] == [(FORMER, HEAD)]
    assert len(seeded) == 1
    assert [one["n_trials"] for one in found] == [N_TRIALS] * N_SERVICES
    assert ready == [200] * N_SERVICES


def test_a_service_that_starts_again_migrates_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    first = start_service(tmp_path, database_url=url)
    assert [line["former_revision"] for line in first.log_lines() if line["event"] == "database_migrated"] == [
        "nothing"
    ]
    assert first.stop() == 0
    again = start_service(tmp_path, database_url=url)
    assert [line for line in again.log_lines() if line["event"] == "database_migrated"] == []
    assert again.stop() == 0
