"""A database that is locked, hangs, is gone or full: clear answers meanwhile, and no restart afterwards."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import create_engine, text

from tests.outages import Place, locked, standing_still
from tests.service.asking import problem_in
from tests.serving import ROOT, LiveService, start_service
from warmtune.wire import examples

PATIENCE = "3"


def new_study(service: LiveService) -> str:
    task = service.http.post("/v1/tasks", json=examples.TASK).json()
    body = {"task_id": task["task_id"], "search_space": examples.SEARCH_SPACE, "metric": "accuracy"}
    return str(service.http.post("/v1/studies", json=body).json()["study_id"])


def report(service: LiveService, study: str, number: int) -> httpx.Response:
    path = f"{service.url}/v1/studies/{study}/trials"
    return httpx.post(path, json=[{**examples.TRIAL, "number": number}], timeout=60.0)


def test_a_foreign_lock_leaves_readers_and_liveness_alone(tmp_path: Path) -> None:
    service = start_service(tmp_path, database_timeout_s="8")
    study = new_study(service)
    with ThreadPoolExecutor(60) as writers:
        with locked(Place("", service.database.parent)):
            waiting = [writers.submit(report, service, study, number) for number in range(60)]
            time.sleep(0.5)  # by then the writers have all threads that they can get
            n_rounds = 0
            while not all(one.done() for one in waiting):
                assert httpx.get(f"{service.url}/healthz", timeout=5.0).status_code == 200
                assert httpx.get(f"{service.url}/v1/studies/{study}", timeout=20.0).status_code == 200
                n_rounds += 1
        answers = [one.result() for one in waiting]
        again = list(writers.map(lambda number: report(service, study, number), range(60)))
    assert n_rounds > 0
    assert {problem_in(answer).code for answer in answers} == {"busy"}
    assert {answer.headers["retry-after"] for answer in answers} == {"1"}
    assert {answer.status_code for answer in again} == {200}
    assert service.http.get(f"/v1/studies/{study}").json()["n_trials"] == 60
    assert service.stop() == 0


@contextmanager
def hanging(url: str) -> Iterator[None]:
    """The server of the tests is stopped; see `tests.outages.hanging`."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        backend = psutil.Process(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        parent = backend.parent()  # while the backend lives: it ends with its connection
    engine.dispose()
    assert parent is not None
    with standing_still([parent, *parent.children(recursive=True)]):
        yield


def test_a_hanging_postgresql_is_reported_and_survived(tmp_path: Path, postgres_url: str) -> None:
    service = start_service(tmp_path, database_url=postgres_url, database_timeout_s=PATIENCE)
    study = new_study(service)
    assert service.http.get("/readyz").status_code == 200
    with ThreadPoolExecutor(60) as writers:
        with hanging(postgres_url):
            waiting = [writers.submit(report, service, study, number) for number in range(60)]
            time.sleep(0.5)
            for path in ("/healthz", "/docs", "/metrics"):
                assert httpx.get(f"{service.url}{path}", timeout=5.0).status_code == 200
            assert problem_in(httpx.get(f"{service.url}/readyz", timeout=10.0)).code == "unavailable"
            answers = [one.result() for one in waiting]
            assert {problem_in(answer).status for answer in answers} == {503}
            assert httpx.get(f"{service.url}/healthz", timeout=5.0).status_code == 200
        again = list(writers.map(lambda number: report(service, study, number), range(20)))
    assert {answer.status_code for answer in again} == {200}
    assert service.http.get("/readyz").status_code == 200
    assert service.stop() == 0


def test_a_deleted_database_is_no_success(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    study = new_study(service)
    for left in tmp_path.glob("warmtune.db*"):
        left.unlink()
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda number: report(service, study, number), range(24)))
    assert {problem_in(answer).code for answer in answers} == {"database_gone"}
    assert problem_in(service.http.get("/readyz")).code == "database_gone"
    assert not (tmp_path / "warmtune.db").exists()
    assert service.http.get("/healthz").status_code == 200
    service.kill()


def test_a_database_in_another_ones_place_is_no_success(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    study = new_study(service)
    copy = tmp_path / "copy.db"
    copy.write_bytes(service.database.read_bytes())
    copy.replace(service.database)
    assert problem_in(report(service, study, 1)).code == "database_gone"
    service.kill()


def test_a_directory_without_rights_is_reported_in_a_line(tmp_path: Path) -> None:
    if os.getuid() == 0:
        blocked = tmp_path / "file"
        blocked.write_text("no directory")
    else:
        blocked = tmp_path / "dir"
        blocked.mkdir(mode=0o500)
    environment = {**os.environ, "WARMTUNE_DATABASE_URL": f"sqlite:///{blocked / 'sub' / 'warmtune.db'}"}
    done = subprocess.run(
        [sys.executable, "-m", "service.server"],
        cwd=ROOT,
        env={**environment, "WARMTUNE_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert str(blocked) in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["password", "sslpassword", "PASSWORD"])
def test_a_password_in_the_query_is_not_logged(tmp_path: Path, name: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        start_service(tmp_path, database_url=f"postgresql://me@127.0.0.1:1/none?{name}=verysecret")
    assert "verysecret" not in str(caught.value)


def test_a_service_that_waits_for_the_database_stops_in_time(tmp_path: Path) -> None:
    service = start_service(tmp_path, database_timeout_s="60", shutdown_timeout_s="2")
    study = new_study(service)
    with locked(Place("", service.database.parent)):
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda n=n: answers.append(report(service, study, n).status_code), daemon=True)
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(timeout=20)
        for thread in threads:
            thread.join(20)
    assert answers == [503] * 4
    service.http.close()
