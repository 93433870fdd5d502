"""The process: it starts, stops, is killed, and goes on where it was."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from knowledge.pack.pack_file import shipped_version
from tests.service.asking import REQUEST, problem_in, recommend_file
from tests.service.tables import csv_of, iris_csv
from tests.serving import ROOT, LiveService, start_service
from warmtune.catalogue import find_entry
from warmtune.vocabulary.task import TaskKind
from warmtune.wire import examples

HEAVY = ("torch", "numba", "sklearn", "scipy", "pyarrow", "pandas", "matplotlib")
ONCE = {"Idempotency-Key": "once"}


def start_study(service: LiveService) -> str:
    task = service.http.post("/v1/tasks", json=examples.TASK, headers=ONCE).json()
    body = {"task_id": task["task_id"], "search_space": examples.SEARCH_SPACE, "metric": "accuracy"}
    return str(service.http.post("/v1/studies", json=body).json()["study_id"])


def children(service: LiveService) -> list[psutil.Process]:
    return psutil.Process(service.process.pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    return psutil.wait_procs(processes, timeout=20)[1] == []


@dataclass(frozen=True, slots=True)
class Restart:
    """A service that was killed while trials came in, and the one that took its place."""

    acknowledged: int
    trials_path: str
    tasks: list[dict[str, object]]
    describers_gone: bool
    left: Path
    service: LiveService


@pytest.fixture(scope="module")
def restart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restart]:
    """Kill a service in full swing and start another on what it left."""
    directory = tmp_path_factory.mktemp("restart")
    spool = directory / "spool"
    service = start_service(directory, spool_directory=str(spool))
    path = f"/v1/studies/{start_study(service)}/trials"
    assert recommend_file(service, iris_csv()).status_code == 200
    describers = children(service)
    tasks = service.http.get("/v1/tasks", params={"limit": 500}).json()["items"]
    left = next(spool.iterdir()) / "upload-x"
    left.write_bytes(b"rows of somebody's data")
    acknowledged = _report_until_killed(service, path)
    service.kill()
    again = start_service(directory, spool_directory=str(spool))
    yield Restart(acknowledged, path, tasks, bool(describers) and gone(describers), left, again)
    assert again.stop() == 0


def _report_until_killed(service: LiveService, path: str) -> int:
    acknowledged = 0
    threading.Timer(0.4, service.process.kill).start()
    try:
        while True:
            answer = service.http.post(path, json=[{**examples.TRIAL, "number": acknowledged}])
            acknowledged += answer.json()["accepted"]
    except httpx.TransportError:
        return acknowledged


def test_acknowledged_trials_survive_a_kill(restart: Restart) -> None:
    http = restart.service.http
    n_trials = http.get(restart.trials_path.removesuffix("/trials")).json()["n_trials"]
    assert restart.acknowledged > 0
    # one may have been written and not answered
    assert restart.acknowledged <= n_trials <= restart.acknowledged + 1
    assert http.get(restart.trials_path).json()["items"][0] == examples.TRIAL


def test_answers_for_repeated_requests_survive_a_kill(restart: Restart) -> None:
    response = restart.service.http.post("/v1/tasks", json=examples.TASK, headers=ONCE)
    assert response.headers["idempotency-replayed"] == "true"


def test_studies_that_ship_say_where_they_are_from(restart: Restart) -> None:
    known = {"svm_rbf": "the project's own cross-validations", "scikit_pipelines": "oboe 0.2.0"}
    for search_space, source in known.items():
        path = f"/v1/studies?limit=1&search_space={search_space}"
        (study,) = restart.service.http.get(path).json()["items"]
        assert study["metadata"]["warmtune:source"].startswith(source)
        assert study["metadata"]["warmtune:knowledge"] in str(shipped_version())


def test_knowledge_is_loaded_once(restart: Restart) -> None:
    assert restart.service.http.get("/v1/tasks", params={"limit": 500}).json()["items"] == restart.tasks
    assert len(restart.tasks) > 60
    assert not [line for line in restart.service.log_lines() if line["event"] == "knowledge_base_loaded"]


def test_children_end_with_a_killed_service(restart: Restart) -> None:
    assert restart.describers_gone


def test_uploads_that_a_killed_service_left_are_cleared_away(restart: Restart) -> None:
    assert not restart.left.exists()
    assert not restart.left.parent.exists()


def test_nothing_heavy_is_imported_to_start() -> None:
    code = f"import service.server, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_what_is_under_way_is_answered_before_the_service_stops(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    # that a busy machine is slow is no fault
    waits = {f"{name}_timeout_s": "300" for name in ("shutdown", "request", "describe", "database")}
    service = start_service(tmp_path, spool_directory=str(spool), **waits)
    done: list[httpx.Response] = []
    content = csv_of(20_000, 40)
    thread = threading.Thread(target=lambda: done.append(recommend_file(service, content, {**REQUEST, "target": "y"})))
    thread.start()
    while not (describers := children(service)):
        time.sleep(0.01)
    service.process.send_signal(signal.SIGTERM)
    thread.join()
    assert service.process.wait(30) == 0
    service.http.close()
    assert [(answer.status_code, answer.json().get("code")) for answer in done] == [(200, None)]
    assert gone(describers)
    assert list(spool.iterdir()) == []


def test_keys_are_wanted_where_they_are_set(tmp_path: Path) -> None:
    service = start_service(tmp_path, api_keys="first-key, second-key")
    http = service.http
    for path in ("/v1/tasks", "/metrics", "/v1/nothing"):
        response = http.get(path)
        assert problem_in(response).code == "unauthorized"
        assert response.headers["www-authenticate"] == "Bearer"
    assert http.get("/v1/tasks", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert http.get("/v1/tasks", headers={"Authorization": "Bearer first-key"}).status_code == 200
    assert http.get("/v1/tasks", headers={"X-API-Key": "second-key"}).status_code == 200
    assert http.get("/v1/tasks", headers={"X-API-Key": ""}).status_code == 401
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert http.get(path).status_code == 200
    page = http.get("/", follow_redirects=True)
    assert page.status_code == 200
    assert "API key" in page.text
    assert "<dd>" not in page.text
    assert service.stop() == 0
    log = service.log.read_text()
    assert "first-key" not in log
    assert "second-key" not in log


def test_the_service_runs_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    service = start_service(tmp_path, database_url=postgres_url)
    path = f"/v1/studies/{start_study(service)}/trials"
    assert service.http.post(path, json=[examples.TRIAL]).json()["accepted"] == 1
    assert service.http.get(path).json()["items"] == [examples.TRIAL]
    assert service.http.post("/v1/recommendations", json=examples.RECOMMENDATION_REQUEST).status_code == 200
    assert service.http.post("/v1/tasks", json=examples.TASK, headers=ONCE).headers["idempotency-replayed"] == "true"
    assert service.http.get("/v1/tasks/%00").status_code == 404
    assert service.stop() == 0


def test_a_database_that_is_not_there_is_said_and_no_password(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="does not answer") as caught:
        start_service(tmp_path, database_url="postgresql://me:verysecret@127.0.0.1:1/none")
    assert "verysecret" not in str(caught.value)


def test_warm_service_has_learned_what_ships_before_anybody_asks(tmp_path: Path) -> None:
    service = start_service(tmp_path, warm_up="true")
    try:
        assert service.http.get("/readyz").status_code == 200
        content_key = find_entry(str(REQUEST["search_space"]), TaskKind.MULTICLASS).space.content_key

        def n_ready() -> int:
            """Learned, or read from what ships if this engine has learned that."""
            lines = service.log.read_text().splitlines()
            events = ("model_fitted", "shipped_model_loaded")
            return sum(content_key in line and any(event in line for event in events) for line in lines)

        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not n_ready():
            time.sleep(0.2)
        assert n_ready() == 1
        assert recommend_file(service, iris_csv(), REQUEST).status_code == 200
        assert n_ready() == 1
    finally:
        service.stop()
