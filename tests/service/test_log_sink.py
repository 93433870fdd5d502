"""Log lines that can't be written: dropped and counted, and no request fails for them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from service.log_sink import LogSink
from tests.serving import ROOT


def test_what_cannot_be_written_is_counted_and_said_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.log_sink._TRY_AGAIN_S", 0.0)
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    kept, full = os.dup(descriptor), os.open("/dev/full", os.O_WRONLY)
    sink = LogSink(descriptor)
    assert sink.write('{"event": "one"}\n') == 17
    os.dup2(full, descriptor)
    for _ in range(5):
        assert sink.write('{"event": "lost"}\n') == 18
    os.dup2(kept, descriptor)
    sink.write('{"event": "two \ud800"}\n')
    for one in (descriptor, kept, full):
        os.close(one)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"event": "one"},
        {"event": "log_lines_dropped", "level": "warning", "n_dropped": 5},
        {"event": "two \ud800"},
    ]


def test_a_log_whose_reader_has_ended_costs_no_answer(tmp_path: Path) -> None:
    given = {"DATABASE_URL": f"sqlite:///{tmp_path / 'log.db'}", "PORT": "0", "WARM_UP": "false"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WARMTUNE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "service.server"],
        cwd=ROOT,
        env=clean | {f"WARMTUNE_{name}": value for name, value in given.items()},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    for line in process.stdout:
        entry = json.loads(line)
        if entry["event"] == "listening":
            break
    process.stdout.close()
    with httpx.Client(base_url=str(entry["url"]), timeout=60.0) as http:
        for number in range(5):
            body = {"kind": "binary", "meta_features": {"n_rows": 70.0 + number}}
            assert http.post("/v1/tasks", json=body).status_code == 200
        assert http.get("/v1/studies/nothing").status_code == 404
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
