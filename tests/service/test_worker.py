"""Workers: processes that do a database's jobs; and the command that shows jobs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.service.past_studies import ended, ok
from tests.serving import ROOT, LiveService, start_service
from warmtune.cli.app import app
from warmtune.wire.neural_examples import TRAIN

REFIT = {"search_space": "knn", "kind": "binary", "metric": "accuracy", "surrogate": "none"}


@contextmanager
def a_worker(service: LiveService, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WARMTUNE_")}
    environment |= {"WARMTUNE_DATABASE_URL": f"sqlite:///{service.database}", "WARMTUNE_JOB_DIRECTORY": str(directory)}
    with (directory / "worker.log").open("ab") as sink:
        command = [sys.executable, "-c", "from warmtune.cli.app import app; app()", "worker"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=sink, stderr=sink)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)


def command(service: LiveService, *arguments: str) -> tuple[int, str]:
    environment = {"WARMTUNE_URL": service.url, "COLUMNS": "80", "TERMINAL_WIDTH": "80"}
    done = CliRunner().invoke(app, ["jobs", *arguments], env=environment, catch_exceptions=False)
    return done.exit_code, done.stdout


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LiveService]:
    started = start_service(tmp_path, run_jobs="false", job_directory=str(tmp_path))
    yield started
    started.kill()


def test_a_worker_does_the_services_jobs_and_stops_cleanly(service: LiveService, tmp_path: Path) -> None:
    job = ok(service, "POST", "/v1/models/refit", REFIT)
    assert ok(service, "GET", f"/v1/jobs/{job['job_id']}")["state"] == "queued"
    with a_worker(service, tmp_path) as worker:
        assert ended(service, job)["state"] == "succeeded"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
    events = [json.loads(line)["event"] for line in (tmp_path / "worker.log").read_text().splitlines()]
    assert events[0] == "working"
    assert events[-1] == "stopped"


def test_a_job_of_a_killed_worker_is_done_by_the_next(service: LiveService, tmp_path: Path) -> None:
    asked = {**TRAIN, "search_space": "knn", "kind": "binary", "metric": "accuracy", "n_steps": 20_000}
    job = ok(service, "POST", "/v1/neural/models", asked)
    path = f"/v1/jobs/{job['job_id']}"
    with a_worker(service, tmp_path):
        while ok(service, "GET", path)["state"] == "queued":
            time.sleep(0.1)
    with a_worker(service, tmp_path) as second:
        while ok(service, "GET", path)["attempt"] < 2:
            time.sleep(0.1)
        ok(service, "DELETE", path)
        assert ended(service, job)["state"] == "cancelled"
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=30) == 0
    texts = [line["text"] for line in ok(service, "GET", f"{path}/log")["items"]]
    assert texts[:2] == ["queued", "begun (attempt 1)"]
    assert any(text.startswith("put back: its process is gone") for text in texts)
    assert texts[-1] == "cancelled"


def test_the_command_lists_shows_and_cancels_jobs(service: LiveService) -> None:
    job_id = str(ok(service, "POST", "/v1/models/refit", REFIT)["job_id"])
    code, listed = command(service)
    assert code == 0
    assert job_id in listed
    assert max(map(len, listed.splitlines())) <= 80
    assert command(service, job_id)[1].endswith("refit: queued, 0%\n")
    assert command(service, job_id, "--cancel")[1].endswith("refit: cancelled, 0%\n")
    code, body = command(service, job_id, "--follow", "--format", "json")
    assert code == 0
    assert [line["text"] for line in json.loads(body)["log"]] == ["queued", "cancelled"]
    assert command(service, "--cancel")[0] == 2
    assert command(service, "job_nothing")[0] == 4
