"""A service while its database is away, locked or full: what clients get, and what is left of it.

``python -m benchmarks.outages`` starts a service on SQLite and one on PostgreSQL, on a small file system of their own
(which takes the rights to mount one). Eight clients report batches of trials throughout; each outage lasts some
seconds, and the service is never restarted. Right is: liveness answers, every refusal is a 503 or 507 with a code,
writes go on soon after, no acknowledged trial is missing, and no batch is stored in part. Ends with status 1 if
anything else happened.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx

from tests.fleet_work import SPACE
from tests.outages import OUTAGES, Place, small_disk
from tests.postgres_server import own_postgres
from tests.serving import LiveService, start_service

BATCH: Final = 20
N_WRITERS: Final = 8
PATIENCE_S: Final = "3"
BACK_S: Final = 60.0
ALIVE_S: Final = 10.0
REFUSALS: Final = frozenset({503, 507})
DISK_MB: Final = 400
"""The shipped knowledge base, its log, and room for a minute of trials."""


class Writer(threading.Thread):
    """Reports batches to a study of its own and counts the answers; a refused batch is not sent again."""

    def __init__(self, service: LiveService, number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._http = httpx.Client(base_url=service.url, timeout=90.0)
        self._stop = stop
        self._rng = random.Random(number)
        self.answers: Counter[str] = Counter()
        self.acknowledged: list[int] = []
        self.n_sent = 0
        task = self._made("/v1/tasks", {"kind": "binary", "meta_features": {"n_rows": 50.0 + number}})
        study = {"task_id": task["task_id"], "search_space": SPACE, "metric": "accuracy"}
        self.study_id = str(self._made("/v1/studies", study)["study_id"])

    def _made(self, path: str, body: object) -> dict[str, object]:
        answer = self._http.post(path, json=body)
        answer.raise_for_status()
        return dict(answer.json())

    def run(self) -> None:
        """Report."""
        while not self._stop.wait(0.05):
            first = self.n_sent * BATCH
            self.n_sent += 1
            batch = [{"number": first + n, "params": {"x": self._rng.random()}, "value": n / 89} for n in range(BATCH)]
            try:
                answer = self._http.post(f"/v1/studies/{self.study_id}/trials", json=batch)
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
                continue
            if answer.status_code == 200:
                self.acknowledged.append(first)
            code = "" if answer.status_code == 200 else f" {answer.json().get('code')}"
            self.answers[f"{answer.status_code}{code}"] += 1

    def stored(self) -> Counter[int]:
        """How many trials of each batch are there, by the batch's first number."""
        found: Counter[int] = Counter()
        cursor: str | None = None
        while True:
            query = {"limit": "500"} | ({} if cursor is None else {"cursor": cursor})
            page = self._http.get(f"/v1/studies/{self.study_id}/trials", params=query).json()
            found.update(item["number"] // BATCH * BATCH for item in page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return found


class Prober(threading.Thread):
    """Asks whether the service is alive, ready, and readable; until it is stopped."""

    def __init__(self, service: LiveService, study_id: str) -> None:
        super().__init__(daemon=True)
        self._http = httpx.Client(base_url=service.url, timeout=90.0)
        self._paths = ("/healthz", "/readyz", f"/v1/studies/{study_id}")
        self._stopped = threading.Event()
        self.slowest_alive_s = 0.0
        self.answers: Counter[str] = Counter()

    def run(self) -> None:
        """Ask."""
        while not self._stopped.wait(0.2):
            for path in self._paths:
                started = time.monotonic()
                answer = self._http.get(path)
                if path == "/healthz":
                    self.slowest_alive_s = max(self.slowest_alive_s, time.monotonic() - started)
                self.answers[f"{path.split('/')[1]} {answer.status_code}"] += 1

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()
        self.join()


def main() -> None:
    """Run, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", nargs="+", choices=list(OUTAGES), default=list(OUTAGES))
    parser.add_argument("--outages", nargs="+", help="those of these names only")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each outage")
    asked = parser.parse_args()
    faults: list[str] = []
    for kind in asked.databases:
        with placed(kind) as place, tempfile.TemporaryDirectory(prefix="wto-") as name:
            faults += run(kind, place, Path(name), asked)
    print(f"faults: {faults or 'none'}")
    sys.exit(1 if faults else 0)


@contextmanager
def placed(kind: str) -> Iterator[Place]:
    """A new database on a small disk."""
    with ExitStack() as opened:
        name = opened.enter_context(tempfile.TemporaryDirectory(prefix="wto-", ignore_cleanup_errors=True))
        disk = opened.enter_context(small_disk(Path(name) / "d", megabytes=DISK_MB))
        if kind == "sqlite":
            yield Place(f"sqlite:///{disk}/warmtune.db", disk)
            return
        server = opened.enter_context(own_postgres(disk / "pg"))
        yield Place(server.url, disk, server)


def run(kind: str, place: Place, directory: Path, asked: argparse.Namespace) -> list[str]:
    """All outages of one database, one after the other; what was amiss."""
    service = start_service(directory, database_url=place.url, database_timeout_s=PATIENCE_S)
    try:
        return list(_tried(kind, place, service, asked))
    finally:
        service.kill()


def _tried(kind: str, place: Place, service: LiveService, asked: argparse.Namespace) -> Iterator[str]:
    stop = threading.Event()
    writers = [Writer(service, number, stop) for number in range(N_WRITERS)]
    for writer in writers:
        writer.start()
    for name, outage in OUTAGES[kind].items():
        if asked.outages is None or name in asked.outages:
            time.sleep(2.0)
            _clear(writers)
            prober = Prober(service, writers[0].study_id)
            prober.start()
            with outage(place):
                time.sleep(asked.seconds)
                during = _clear(writers)
            back_s = _back(writers)
            prober.stop()
            yield from (f"{kind}, {name}: {text}" for text in _judged(during + _clear(writers), prober, back_s))
            shown = f"alive within {prober.slowest_alive_s:.2f} s, writes again after {back_s:.1f} s"
            print(f"{kind:<12}{name:<14}{dict(during)}, {shown}, {dict(prober.answers)}", flush=True)
    stop.set()
    for writer in writers:
        writer.join(120.0)
    yield from (f"{kind}: {text}" for text in _counted(kind, writers))


def _clear(writers: list[Writer]) -> Counter[str]:
    """The answers since this was called last."""
    found: Counter[str] = Counter()
    for writer in writers:
        answers, writer.answers = writer.answers, Counter()
        found += answers
    return found


def _back(writers: list[Writer]) -> float:
    """Seconds until every client's batches are taken again."""
    started = time.monotonic()
    counts = [len(writer.acknowledged) for writer in writers]
    while any(len(writer.acknowledged) == before for writer, before in zip(writers, counts, strict=True)):
        if time.monotonic() - started > BACK_S:
            return float("inf")
        time.sleep(0.05)
    return time.monotonic() - started


def _judged(answers: Counter[str], prober: Prober, back_s: float) -> Iterator[str]:
    wrong = [name for name in answers if name != "200" and not (name[:3].isdecimal() and int(name[:3]) in REFUSALS)]
    if wrong:
        yield f"answers {wrong}"
    if any(name.startswith("healthz") and not name.endswith("200") for name in prober.answers):
        yield f"liveness {dict(prober.answers)}"
    if prober.slowest_alive_s > ALIVE_S:
        yield f"liveness after {prober.slowest_alive_s:.1f} s"
    if back_s > BACK_S:
        yield "writes did not go on"


def _counted(kind: str, writers: list[Writer]) -> Iterator[str]:
    n_lost = n_torn = 0
    for writer in writers:
        stored = writer.stored()
        n_lost += sum(stored[first] != BATCH for first in writer.acknowledged)
        n_torn += sum(n != BATCH for n in stored.values())
    n_acknowledged = sum(len(writer.acknowledged) for writer in writers) * BATCH
    print(
        f"{kind:<12}{n_acknowledged:,} trials acknowledged, batches lost {n_lost}, stored in part {n_torn}", flush=True
    )
    if n_lost or n_torn:
        yield f"{n_lost} batches lost, {n_torn} stored in part"


if __name__ == "__main__":
    main()
