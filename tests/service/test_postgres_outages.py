"""A PostgreSQL that is gone, read-only, locked or without connections: clear answers, and no restart of the service."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.outages import OUTAGES, Place
from tests.postgres_server import own_postgres
from tests.service.asking import problem_in
from tests.service.test_outages import new_study, report
from tests.serving import LiveService, start_service

N = 12
CODES = {
    "gone": {"unavailable"},
    "locked": {"busy"},
    "read-only": {"database_read_only"},
    "disconnected": {"unavailable"},
    "crowded": {"unavailable"},
}


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with (
        tempfile.TemporaryDirectory(prefix="wtpg-", ignore_cleanup_errors=True) as name,
        own_postgres(Path(name) / "data") as server,
    ):
        yield Place(server.url, Path(name), server)


@pytest.fixture(scope="module")
def service(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("served"), database_url=place.url, database_timeout_s="3")
    yield started
    assert started.stop() == 0


@pytest.mark.slow
@pytest.mark.parametrize("outage", sorted(CODES))
def test_an_outage_is_named_and_survived(service: LiveService, place: Place, outage: str) -> None:
    study = new_study(service)
    with ThreadPoolExecutor(N) as writers:
        with OUTAGES["postgresql"][outage](place):
            answers = list(writers.map(lambda number: report(service, study, number), range(N)))
            assert service.http.get("/healthz").status_code == 200
        refused = [answer for answer in answers if answer.status_code != 200]
        assert {answer.status_code for answer in refused} <= {503}
        assert {problem_in(answer).code for answer in refused} <= CODES[outage]
        assert refused or outage == "disconnected"  # sessions that are ended before they are used are opened again
        again = list(writers.map(lambda number: report(service, study, number), range(N)))
    assert {answer.status_code for answer in again} == {200}
    assert service.http.get(f"/v1/studies/{study}").json()["n_trials"] == N
