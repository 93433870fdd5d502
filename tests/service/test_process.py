"""The process: it starts, stops, is killed, and takes its children along."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.service.asking import REQUEST, problem_in, recommend_file
from tests.service.tables import csv_of, iris_csv
from tests.serving import ROOT, LiveService, start_service
from warmtune.wire import examples

HEAVY = ("torch", "numba", "sklearn", "scipy", "pyarrow", "pandas", "matplotlib")


def start_study(service: LiveService) -> str:
    task = service.http.post("/v1/tasks", json=examples.TASK).json()
    body = {"task_id": task["task_id"], "search_space": examples.SEARCH_SPACE, "metric": "accuracy"}
    return str(service.http.post("/v1/studies", json=body).json()["study_id"])


def children(service: LiveService) -> list[psutil.Process]:
    return psutil.Process(service.process.pid).children(recursive=True)


def wait_until_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []


def test_nothing_heavy_is_imported_to_start() -> None:
    code = f"import service.server, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_acknowledged_trials_survive_a_kill_of_the_service(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    path = f"/v1/studies/{start_study(service)}/trials"
    acknowledged = 0
    stopper = threading.Timer(0.5, service.process.kill)
    stopper.start()
    try:
        for number in range(100_000):
            answer = service.http.post(path, json=[{**examples.TRIAL, "number": number}])
            acknowledged += answer.json()["accepted"]
    except Exception as error:  # noqa: BLE001  # whichever way the connection broke
        assert acknowledged > 0, error
    service.kill()
    again = start_service(tmp_path)
    kept = again.http.get(path, params={"limit": 1}).json()["items"]
    n_trials = again.http.get(path.removesuffix("/trials")).json()["n_trials"]
    assert kept[0] == examples.TRIAL
    assert acknowledged <= n_trials <= acknowledged + 1  # one may have been written and not yet answered
    assert again.stop() == 0


def test_a_restarted_service_has_its_answers_and_its_knowledge_once(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    key = {"Idempotency-Key": "once"}
    first = service.http.post("/v1/tasks", json=examples.TASK, headers=key).json()
    before = service.http.get("/").text.count("<dd>")
    tasks = service.http.get("/v1/tasks", params={"limit": 500}).json()["items"]
    assert service.stop() == 0
    again = start_service(tmp_path)
    assert again.http.post("/v1/tasks", json=examples.TASK, headers=key).headers["idempotency-replayed"] == "true"
    assert again.http.get(f"/v1/tasks/{first['task_id']}").json() == first
    assert again.http.get("/v1/tasks", params={"limit": 500}).json()["items"] == tasks
    assert again.http.get("/").text.count("<dd>") == before
    assert not [line for line in again.log_lines() if line["event"] == "knowledge_base_loaded"]
    assert again.stop() == 0


def test_children_end_with_the_service(tmp_path: Path) -> None:
    for number, end in enumerate((LiveService.stop, LiveService.kill)):
        service = start_service(tmp_path / str(number))
        assert recommend_file(service, iris_csv()).status_code == 200
        describers = children(service)
        assert len(describers) == 1
        end(service)
        wait_until_gone(describers)


def test_a_request_under_way_is_answered_before_the_service_stops(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    done: list[int] = []
    content = csv_of(20_000, 40)
    thread = threading.Thread(
        target=lambda: done.append(recommend_file(service, content, {**REQUEST, "target": "y"}).status_code)
    )
    thread.start()
    while not children(service):
        time.sleep(0.01)
    service.process.send_signal(signal.SIGTERM)
    thread.join()
    assert service.process.wait(30) == 0
    service.http.close()
    assert done == [200]


def test_a_table_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    service = start_service(tmp_path, describe_timeout_s="0.2", describe_workers="1")
    problem = problem_in(recommend_file(service, csv_of(20_000, 100), {**REQUEST, "target": "y"}))
    assert (problem.status, problem.code, problem.field) == (413, "limit_exceeded", "file")
    assert problem.limit == "0.2 s"
    deadline = time.monotonic() + 10
    while children(service) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert children(service) == []
    assert service.http.get("/readyz").status_code == 200
    assert service.stop() == 0


def test_a_table_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    service = start_service(tmp_path, describe_memory_bytes=str(400 * 2**20), max_table_bytes=str(2**31))
    problem = problem_in(recommend_file(service, csv_of(60_000, 100), {**REQUEST, "target": "y"}))
    assert (problem.status, problem.code, problem.field) == (413, "limit_exceeded", "file")
    assert service.http.get("/readyz").status_code == 200
    assert recommend_file(service, iris_csv()).status_code == 200
    assert service.stop() == 0


def test_too_many_uploads_at_once_are_told_to_wait(tmp_path: Path) -> None:
    service = start_service(tmp_path, describe_workers="1", describe_queue="1")
    content = csv_of(20_000, 40)
    statuses: list[int] = []

    def upload() -> None:
        response = recommend_file(service, content, {**REQUEST, "target": "y"})
        statuses.append(response.status_code)
        if response.status_code == 503:
            assert problem_in(response).code == "busy"
            assert response.headers["retry-after"] == "1"

    threads = [threading.Thread(target=upload) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses)[0] == 200
    assert set(statuses) == {200, 503}
    assert service.stop() == 0


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
    assert "API keys" in http.get("/").text
    assert "<dd>" not in http.get("/").text
    assert service.stop() == 0
    log = service.log.read_text()
    assert "first-key" not in log
    assert "second-key" not in log


def test_the_service_runs_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    service = start_service(tmp_path, database_url=postgres_url)
    path = f"/v1/studies/{start_study(service)}/trials"
    assert service.http.post(path, json=[examples.TRIAL]).json()["accepted"] == 1
    assert service.http.post("/v1/recommendations", json=examples.RECOMMENDATION_REQUEST).status_code == 200
    assert service.http.get("/v1/tasks/%00").status_code == 404
    assert service.stop() == 0
    again = start_service(tmp_path, database_url=postgres_url)
    assert again.http.get(path).json()["items"] == [examples.TRIAL]
    assert again.stop() == 0


def test_a_database_that_is_not_there_is_said_and_no_password(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="does not answer") as caught:
        start_service(tmp_path, database_url="postgresql://me:verysecret@127.0.0.1:1/none")
    assert "verysecret" not in str(caught.value)


def test_a_describer_ends_when_its_input_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.describing.worker", str(2**32)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == {}
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()


def test_a_describer_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    """Even if something else holds its input open: only its watch on the parent ends it then."""
    code = (
        "import subprocess, sys, os;"
        "r, w = os.pipe();"
        "os.set_inheritable(w, True);"
        "p = subprocess.Popen([sys.executable, '-m', 'service.describing.worker', str(2**32)],"
        " stdin=r, close_fds=False, stdout=subprocess.PIPE);"
        "p.stdout.readline(); print(p.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    if psutil.pid_exists(pid):
        wait_until_gone([psutil.Process(pid)])
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert os.getpid() != pid
