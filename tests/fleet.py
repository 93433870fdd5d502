"""Several services and workers on one database, of which one or another is killed; and clients that don't give up."""

import os
import random
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from tests.serving import ROOT

PATIENCE_S: Final = 300.0
"""So long does a client go on asking before it counts as lost."""
START_S: Final = 1_200.0
"""Until all members are up; on a machine with ten times too much to do, each needs minutes."""
TRY_AGAIN: Final = frozenset({409, 503})  # a request under way elsewhere; a service or database that is busy or away


@dataclass(slots=True)
class Member:
    """A process of the fleet, started again when it was killed."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    n_kills: int = 0

    @property
    def is_up(self) -> bool:
        """Whether it has begun to serve, or to work, since it was started last."""
        text = self.log.read_bytes() if self.log.exists() else b""
        return text.count(b'"event": "listening"') + text.count(b'"event": "working"') > self.n_kills

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, *self.command], cwd=ROOT, env=self.environment, stdout=sink, stderr=sink
            )

    def kill(self) -> None:
        """End it as a power cut would, and start it anew."""
        self.end()
        self.n_kills += 1
        self.start()

    def end(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)


@dataclass(slots=True)
class Fleet:
    """Services and workers on one database.

    Attributes:
        urls: Where the services are.
        members: All processes.
        faults: Answers that a client should never see, by what they were.
        retries: How often a client had to ask again, by reason.
    """

    urls: list[str]
    members: list[Member]
    faults: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)

    def ask(self, method: str, path: str, rng: random.Random, **asked: Any) -> httpx.Response:
        """Ask any service until one has answered.

        Raises:
            TimeoutError: If none does, for too long.
        """
        deadline = time.monotonic() + PATIENCE_S
        if method == "POST":  # repeated under one key, a request has one effect
            asked["headers"] = {"Idempotency-Key": uuid.uuid4().hex, **asked.get("headers", {})}
        while time.monotonic() < deadline:
            try:
                answer = httpx.request(method, rng.choice(self.urls) + path, timeout=30.0, **asked)
            except httpx.TransportError as error:
                self.retries[type(error).__name__] += 1
                time.sleep(0.1)
                continue
            if answer.status_code not in TRY_AGAIN:
                if answer.status_code >= 400:
                    self.faults[f"{method} {answer.status_code} {answer.json().get('code')}"] += 1
                return answer
            self.retries[str(answer.status_code)] += 1
            time.sleep(0.1)
        raise TimeoutError(f"{method} {path}: no answer in {PATIENCE_S:g} s")

    def wait_until_up(self) -> None:
        """Return when all members serve or work.

        Raises:
            TimeoutError: If they don't, for too long.
        """
        deadline = time.monotonic() + START_S
        while not all(member.is_up for member in self.members):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not up: {[member.name for member in self.members if not member.is_up]}")
            time.sleep(0.1)

    def close(self) -> None:
        """End all."""
        for member in self.members:
            member.end()


def start_fleet(directory: Path, database_url: str, *, n_services: int, n_workers: int, **settings: str) -> Fleet:
    """Start services, which do no jobs where there are workers, and workers."""
    given = {
        "database_url": database_url,
        "job_directory": str(directory / "jobs"),
        "job_lease_s": "5",
        "max_job_attempts": "1000",
        "warm_up": "false",
        "run_jobs": "true" if n_workers == 0 else "false",
        **settings,
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WARMTUNE_")}
    environment |= {f"WARMTUNE_{name.upper()}": value for name, value in given.items()}
    members, urls = [], []
    for number in range(n_services):
        port = _free_port()
        urls.append(f"http://127.0.0.1:{port}")
        own = environment | {"WARMTUNE_PORT": str(port)}
        name = f"service {number}"
        members.append(Member(name, ("-m", "service.server"), own, directory / f"{name}.log"))
    for number in range(n_workers):
        name = f"worker {number}"
        members.append(Member(name, ("-m", "service.worker"), environment, directory / f"{name}.log"))
    for member in members:
        member.start()
    return Fleet(urls, members)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Killer(threading.Thread):
    """Kills random members of those that are up, after random pauses, until asked to stop or often enough.

    Of several services one is always left: a start takes longer than a pause on a busy machine.
    """

    def __init__(self, fleet: Fleet, *, pause_s: tuple[float, float], n_kills: int | None, seed: int) -> None:
        super().__init__(daemon=True)
        self._fleet = fleet
        self._pause_s = pause_s
        self._n_kills = n_kills
        self._rng = random.Random(seed)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Kill."""
        n_done = 0
        while self._n_kills is None or n_done < self._n_kills:
            if self._stopped.wait(self._rng.uniform(*self._pause_s)):
                return
            candidates = self._candidates()
            if candidates:
                self._rng.choice(candidates).kill()
                n_done += 1

    def _candidates(self) -> list[Member]:
        up = [member for member in self._fleet.members if member.is_up]
        services = [member for member in up if member.name.startswith("service")]
        is_last = len(services) == 1 < len(self._fleet.urls)
        return [member for member in up if member not in services] if is_last else up

    def stop(self) -> None:
        """Kill nobody any more."""
        self._stopped.set()
        self.join()
