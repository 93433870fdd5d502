"""A real service in a process of its own, for tests."""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]
START_CPU_S = 60.0
"""Processor seconds until it listens, several times what it needs: a busy machine only takes longer to give them."""
START_S = float(os.environ.get("WARMTUNE_TEST_START_S", "200"))
"""Seconds of the clock, for a start that hangs; fewer than the limit of a test, which it is a part of."""


@dataclass(frozen=True, slots=True)
class LiveService:
    """A running service and what is known of it."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    database: Path
    http: httpx.Client

    def log_lines(self) -> list[dict[str, object]]:
        """What it has logged so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def stop(self) -> int:
        """Ask it to stop and return its exit status."""
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.http.close()
        self.process.kill()
        self.process.wait(timeout=30)


def start_service(directory: Path, **settings: str) -> LiveService:
    """Start a service with its database in `directory`; settings go without their prefix.

    A new SQLite database has the shipped knowledge base already, which spares each start the seconds of loading it; a
    test of the first start names its `database_url`.
    """
    database = directory / "warmtune.db"
    if "database_url" not in settings and not database.exists():
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_loaded_database(), database)
    return start_program(("-m", "service.server"), directory, settings)


@cache
def _loaded_database() -> Path:
    """A database as a service leaves it that was started and stopped, made once a process."""
    directory = Path(tempfile.mkdtemp(prefix="warmtune-loaded-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    service = start_program(("-m", "service.server"), directory, {})
    status = service.stop()
    if status or service.database.with_name(f"{service.database.name}-wal").exists():
        raise AssertionError(f"the service ended with {status}, or left a log beside its database: {directory}")
    return service.database


def start_program(
    program: Sequence[str], directory: Path, settings: Mapping[str, str], *, root: Path = ROOT
) -> LiveService:
    """The same for a program of Python that begins to serve after something else, of this checkout or another's."""
    directory.mkdir(parents=True, exist_ok=True)
    database = directory / "warmtune.db"
    log = directory / "service.log"
    given = {"database_url": f"sqlite:///{database}", "host": "127.0.0.1", "port": "0", "warm_up": "false"}
    given |= {"job_directory": str(directory / "jobs"), **settings}
    environment = _clean(os.environ) | {f"WARMTUNE_{name.upper()}": value for name, value in given.items()}
    if root != ROOT:
        environment["PYTHONPATH"] = f"{root}{os.pathsep}{root / 'client'}"
    with log.open("wb") as sink:
        process = subprocess.Popen([sys.executable, *program], cwd=root, env=environment, stdout=sink, stderr=sink)
    url = _listening_url(process, log)
    return LiveService(url, process, log, database, httpx.Client(base_url=url, timeout=START_S))


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("WARMTUNE_")}


def _listening_url(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline, used_s = time.monotonic() + START_S, 0.0
    while time.monotonic() < deadline and used_s < START_CPU_S:
        for line in log.read_text().splitlines():
            if line.startswith("{") and line.endswith("}") and (entry := json.loads(line))["event"] == "listening":
                return str(entry["url"])
        if process.poll() is not None:
            raise RuntimeError(f"the service ended with {process.returncode}:\n{log.read_text()}")
        times = psutil.Process(process.pid).cpu_times()  # of a process not yet waited for, so that it is there
        used_s = times.user + times.system
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise RuntimeError(f"the service did not start with {used_s:.1f} s of a processor:\n{log.read_text()}")
