"""Several services on one database: they start together, see each other's changes, and do everything once."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from store.connections.database import Database
from store.pages import cursor_at
from tests.service.asking import problem_in
from tests.service.test_connections import slow_question
from tests.serving import LiveService, start_service
from warmtune.wire import examples

RATE = {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}
TASK = {"kind": "binary", "meta_features": {"n_rows": 77.0}}


@pytest.fixture(scope="module")
def shared_url(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    from tests.conftest import fresh_database

    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, shared_url: str) -> Iterator[tuple[LiveService, LiveService]]:
    """Two services that were started at the same time on an empty PostgreSQL."""
    directory = tmp_path_factory.mktemp("replicas")
    with ThreadPoolExecutor(2) as starting:
        names = ("first", "second")
        started = list(starting.map(lambda name: start_service(directory / name, database_url=shared_url), names))
        yield started[0], started[1]
        assert [service.stop() for service in started] == [0, 0]


def test_services_that_start_together_on_an_empty_database_both_serve(pair: tuple[LiveService, LiveService]) -> None:
    tasks = [service.http.get("/v1/tasks", params={"limit": 500}).json() for service in pair]
    assert tasks[0] == tasks[1]
    assert len(tasks[0]["items"]) > 60
    loaded = [line for service in pair for line in service.log_lines() if line["event"] == "knowledge_base_loaded"]
    assert len(loaded) == 1


def test_a_new_name_in_parallel_is_registered_once(pair: tuple[LiveService, LiveService]) -> None:
    def put(number: int) -> int:
        service = pair[number % 2]
        path = f"{service.url}/v1/search-spaces/parallel{number // 24}"
        return httpx.put(path, json={"parameters": {"a": RATE}}, timeout=60.0).status_code

    with ThreadPoolExecutor(24) as many:
        answers = list(many.map(put, range(96)))
    assert sorted(answers) == [200] * 92 + [201] * 4


def default_secret(url: str) -> bytes:
    database = Database(url)
    bound = database.of_default()
    database.close()
    assert bound.workspace is not None
    return bound.workspace.secret


def test_cursors_beyond_any_number_end_the_list(pair: tuple[LiveService, LiveService], shared_url: str) -> None:
    http = pair[0].http
    secret = default_secret(shared_url)
    task = http.post("/v1/tasks", json=TASK).json()
    asked = {"task_id": task["task_id"], "search_space": "mlp", "metric": "accuracy"}
    study = http.post("/v1/studies", json=asked).json()
    for number in (2**31 - 1, 2**31, 2**40, 2**63 - 1):
        for path in (f"/v1/studies/{study['study_id']}/trials", "/v1/tasks", "/v1/jobs", "/v1/search-spaces"):
            cursor = cursor_at(number, secret, of=f"{path}?")
            answer = http.get(path, params={"cursor": cursor})
            assert answer.status_code == 200, (path, number, answer.text)


def test_new_defaults_are_seen_by_all(pair: tuple[LiveService, LiveService]) -> None:
    first, second = pair
    asked = {"task": TASK, "search_space": "moved", "n_configurations": 1}
    for default in (0.25, 0.75):
        space = {"parameters": {"a": RATE, "b": RATE}, "defaults": {"a": default, "b": default}}
        assert first.http.put("/v1/search-spaces/moved", json=space).status_code in (200, 201)
        for service in (second, first, second):
            answer = service.http.post("/v1/recommendations", json=asked).json()
            assert answer["configurations"][0]["params"] == {"a": default, "b": default}


def test_one_key_in_parallel_makes_one_job(pair: tuple[LiveService, LiveService]) -> None:
    body = {"search_space": "mlp", "kind": "binary", "activate": False}

    def refit(number: int) -> httpx.Response:
        service = pair[number % 2]
        headers = {"Idempotency-Key": f"refit-{number // 16}"}
        return httpx.post(f"{service.url}/v1/models/refit", json=body, headers=headers, timeout=60.0)

    with ThreadPoolExecutor(16) as many:
        answers = list(many.map(refit, range(32)))
    jobs = {answer.json()["job_id"] for answer in answers if answer.status_code == 202}
    others = [answer for answer in answers if answer.status_code != 202]
    assert len(jobs) == 2
    assert {problem_in(answer).code for answer in others} <= {"conflict"}
    kept = pair[0].http.get("/v1/jobs", params={"limit": 500}).json()["items"]
    assert {job["job_id"] for job in kept} == jobs
    for job_id in jobs:
        pair[0].http.delete(f"/v1/jobs/{job_id}")


def test_a_key_of_a_killed_service_is_free_again(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    headers = {"Idempotency-Key": "cut-short"}

    def ask() -> None:
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{service.url}/v1/suggestions", json=slow_question(), headers=headers, timeout=200.0)

    asking = threading.Thread(target=ask)
    asking.start()
    database = Database(f"sqlite:///{service.database}")
    for _ in range(600):
        with database.reading() as connection:
            if connection.exec_driver_sql("SELECT count(*) FROM claims").scalar():
                break
        threading.Event().wait(0.05)
    database.close()
    other = {**slow_question(), "n": 1, "trials": [], "pending": []}
    second = start_service(tmp_path / "beside", database_url=f"sqlite:///{service.database}")
    busy = second.http.post("/v1/suggestions", json=slow_question(), headers=headers)
    assert problem_in(busy).code == "conflict"
    service.kill()
    asking.join()
    assert second.http.post("/v1/suggestions", json=other, headers=headers).status_code == 200
    assert second.stop() == 0


def test_a_failure_frees_its_key(live_service: LiveService) -> None:
    headers = {"Idempotency-Key": json.dumps("failed")}
    bad = {"task_id": "nowhere", "search_space": "mlp", "metric": "accuracy"}
    assert live_service.http.post("/v1/studies", json=bad, headers=headers).status_code == 404
    assert live_service.http.post("/v1/tasks", json=examples.TASK, headers=headers).status_code == 200
