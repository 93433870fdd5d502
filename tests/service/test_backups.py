"""Backups by command, of a service under load; settings from a file."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.service.test_process import start_study
from tests.serving import ROOT, LiveService, start_service
from warmtune.wire import examples


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WARMTUNE_")}
    environment |= {f"WARMTUNE_{name.upper()}": value for name, value in settings.items()}
    program = [sys.executable, "-c", "from warmtune.cli.app import app; app()", *arguments]
    return subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


class Load(threading.Thread):
    """Reports trials one by one, until it is asked to stop."""

    def __init__(self, service: LiveService, path: str) -> None:
        super().__init__(daemon=True)
        self.url, self.path = service.url, path
        self.acknowledged = 0
        self.stop = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=60.0) as http:
            while not self.stop.is_set():
                trial = {**examples.TRIAL, "number": self.acknowledged}
                self.acknowledged += http.post(self.path, json=[trial]).json()["accepted"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LiveService]:
    started = start_service(tmp_path / "first")
    yield started
    started.kill()


def test_a_backup_taken_under_load_is_restored(service: LiveService, tmp_path: Path) -> None:
    path = f"/v1/studies/{start_study(service)}/trials"
    load = Load(service, path)
    load.start()
    while load.acknowledged < 5:
        pass
    before = load.acknowledged
    url = f"sqlite:///{service.database}"
    done = command("backup", str(tmp_path / "b.zip"), "--format", "json", database_url=url)
    after = load.acknowledged + 1  # one may be stored already of which we have not heard
    load.stop.set()
    load.join()
    assert done.returncode == 0, done.stderr
    assert after > before + 1  # it was not kept waiting
    assert json.loads(done.stdout)["rows"]["knowledge_bases"] == 1
    copy = tmp_path / "copy" / "warmtune.db"
    restored = command("restore", str(tmp_path / "b.zip"), database_url=f"sqlite:///{copy}")
    assert restored.returncode == 0, restored.stderr
    again = command("restore", str(tmp_path / "b.zip"), database_url=f"sqlite:///{copy}")
    assert (again.returncode, "not empty" in again.stderr) == (6, True)
    second = start_service(tmp_path / "copy")
    found = second.http.get(path, params={"limit": 500}).json()["items"]
    assert before <= len(found) <= after
    assert [trial["number"] for trial in found] == list(range(len(found)))
    assert second.http.post(path, json=[{**examples.TRIAL, "number": 10_000}]).json()["accepted"] == 1
    assert second.stop() == 0


def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    done = command("backup", str(tmp_path / "b.zip"), database_url=f"sqlite:///{tmp_path}/none.db")
    assert done.returncode == 2
    assert "there is no such database" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_settings_of_a_file_come_after_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "warmtune.toml"
    file.write_text('log_level = "ERROR"\nmax_queued_jobs = 7\n')
    program = "from service.settings import Settings; s = Settings(); print(s.log_level, s.max_queued_jobs)"
    environment = os.environ | {"WARMTUNE_SETTINGS_FILE": str(file), "WARMTUNE_LOG_LEVEL": "DEBUG"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["DEBUG", "7"]


@pytest.mark.parametrize(
    ("content", "said"),
    [("max_jobs = 7\n", "max_jobs"), ("log_level = \n", "can't be read"), ('port = "many"\n', "WARMTUNE_PORT")],
)
def test_a_wrong_settings_file_is_reported(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "warmtune.toml"
    file.write_text(content)
    done = command("backup", str(tmp_path / "b.zip"), "--settings", str(file))
    assert done.returncode == 2
    assert said in done.stderr.replace("\n", " ")


def test_a_missing_settings_file_is_reported(tmp_path: Path) -> None:
    done = command("serve", "--settings", str(tmp_path / "none.toml"))
    assert done.returncode == 2
    assert "WARMTUNE_SETTINGS_FILE" in done.stderr
