"""Clients of `benchmarks.load`: lean ones, so that they take little of the processor that the service needs."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

JSON: Final = {"Content-Type": "application/json"}
TIMEOUT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is sent again and again."""

    method: str
    path: str
    body: bytes | None = None


class Client:
    """One connection that is kept open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)

    def send(self, asked: Asked) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._connection.request(asked.method, asked.path, asked.body, JSON if asked.body is not None else {})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def timed(url: str, asked: Sequence[Asked], *, n_clients: int, n_requests: int) -> list[float]:
    """Seconds of each of so many requests, sent by clients that wait for each answer.

    Args:
        url: Of the service.
        asked: What is sent, one after the other and from the beginning again.
        n_clients: At the same time.
        n_requests: Of all clients together.

    Raises:
        RuntimeError: If one is refused.
    """

    def work(number: int) -> list[float]:
        client, seconds = Client(url), []
        for place in range(number, n_requests, n_clients):
            request = asked[place % len(asked)]
            started = time.perf_counter()
            status, content = client.send(request)
            seconds.append(time.perf_counter() - started)
            if status != 200:
                raise RuntimeError(f"{request.method} {request.path}: {status} {content[:300]!r}")
        client.close()
        return seconds

    with ThreadPoolExecutor(n_clients) as pool:
        return [one for several in pool.map(work, range(n_clients)) for one in several]


class Repeated(threading.Thread):
    """Work that goes on beside what is measured, over and over.

    Attributes:
        n_done: How often it was done.
        errors: What went wrong, by its text.
    """

    def __init__(self, work: Callable[[threading.Event], object]) -> None:
        """Begin nothing yet.

        Args:
            work: Done over and over; given the event that is set when it may leave off.
        """
        super().__init__(daemon=True)
        self.n_done = 0
        self.errors: Counter[str] = Counter()
        self._work = work
        self._stopped = threading.Event()

    def run(self) -> None:
        """Do it until asked to stop."""
        while not self._stopped.is_set():
            try:
                self._work(self._stopped)
                self.n_done += not self._stopped.is_set()
            except Exception as error:  # noqa: BLE001  # a thread's edge: the table shows it
                self.errors[repr(error)[:200]] += 1
                time.sleep(0.1)

    def stop(self) -> None:
        """Let it end."""
        self._stopped.set()
        self.join(TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class Written:
    """What one writing process has seen.

    Attributes:
        n_acknowledged: Trials for which it got a 200.
        refused: Other answers, by status.
        seconds: From its first request to its last answer.
    """

    n_acknowledged: int
    refused: dict[str, int]
    seconds: float


def write_trials(url: str, study_ids: list[str], *, n_trials: int, batch: int) -> list[Written]:
    """Let a process for each study report so many trials, in batches, all at the same time."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load_clients", url, study_id, str(n_trials), str(batch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for study_id in study_ids
    ]
    for process in processes:
        if process.stdout is not None:
            process.stdout.readline()  # its batches are ready
    for process in processes:
        if process.stdin is not None:
            process.stdin.write(b"\n")
            process.stdin.flush()
    said: list[dict[str, Any]] = [json.loads(process.communicate(timeout=600)[0]) for process in processes]
    return [Written(**one) for one in said]


def _write(url: str, study_id: str, n_trials: int, size: int) -> None:
    """One such process: nothing but sending happens between the word to begin and the last answer."""
    batches = []
    for first in range(0, n_trials, size):
        numbers = range(first, min(first + size, n_trials))
        rows = [{"number": n, "params": {"x": n % 97 / 97, "y": n % 89 + 1}, "value": n % 83 / 83} for n in numbers]
        batches.append((len(rows), json.dumps(rows).encode()))
    client, refused, n_acknowledged = Client(url), Counter[str](), 0
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    started = time.perf_counter()
    for n_rows, body in batches:
        status, _ = client.send(Asked("POST", f"/v1/studies/{study_id}/trials", body))
        if status == 200:
            n_acknowledged += n_rows
        else:
            refused[str(status)] += 1
    seconds = time.perf_counter() - started
    sys.stdout.write(json.dumps({"n_acknowledged": n_acknowledged, "refused": refused, "seconds": seconds}))


if __name__ == "__main__":
    _write(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
