"""The service under load: start, small requests beside heavy work, trials from many processes; idle and busy.

``python -m benchmarks.load`` starts services of its own, and prints a table twice: as the machine is, and with a
spinning process on each core. ``--against FOLDER`` measures another checkout in turns with this one, so that a ratio is
of figures of the same minutes; the control is the same server with a handler that does nothing. By the clock, a shared
machine's figures mean little: processor time is that of the service and its children. ``--json FILE`` writes all
figures.

What is measured: start to ready, first and later; a small recommendation by eight clients, for one task and for a new
one each time; for one task while a CSV of 60 MB is described and a refit runs, over and over; eight processes that each
report 10,000 trials in batches, on SQLite and on PostgreSQL, all of which must be there afterwards. Ends with status 1
if a trial is lost or a request refused.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from benchmarks.load_clients import Asked, Client, Repeated, timed, write_trials
from benchmarks.load_service import EMPTY, OURS, Stopwatch, Version, busy, start_control
from tests.postgres_server import new_database
from tests.serving import LiveService

SPACE: Final = {
    "parameters": {
        "x": {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}},
        "y": {"name": "IntDistribution", "attributes": {"low": 1, "high": 100, "step": 1, "log": False}},
    }
}
TASK: Final = {"kind": "binary", "meta_features": {"n_rows": 1000.0, "n_columns": 20.0, "majority_share": 0.6}}
ALONE: Final = "alone"
NEW_TASKS: Final = "alone, a new task each time"
"""Whose answers no service can remember."""
REFIT: Final = json.dumps({"search_space": "svm_rbf", "kind": "binary", "surrogate": "none"}).encode()
CSV_BYTES: Final = 60_000_000
N_CLIENTS: Final = 8
POLL_S: Final = 0.1
_UNDER_WAY: Final = ("queued", "running")


def asking(n_rows: float) -> Asked:
    """A small recommendation for a task of so many rows."""
    task = {**TASK, "meta_features": {"n_columns": 20.0, "majority_share": 0.6, "n_rows": n_rows}}
    body = {"task": task, "search_space": "hist_gradient_boosting"}
    return Asked("POST", "/v1/recommendations", json.dumps(body).encode())


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what was measured, of which checkout, and numbers by name."""

    condition: str
    what: str
    version: str
    numbers: dict[str, float]


@dataclass(slots=True)
class Report:
    """Figures as they come, and what must not happen."""

    figures: list[Figure] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, condition: str, what: str, version: str, **numbers: float) -> None:
        """Note a figure and print it."""
        self.figures.append(Figure(condition, what, version, numbers))
        shown = ", ".join(f"{name} {value:,.4g}" for name, value in numbers.items())
        print(f"{condition:<6}{what:<50}{version:<9}{shown}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout")
    parser.add_argument("--conditions", nargs="+", choices=["idle", "busy"], default=["idle", "busy"])
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--rounds", type=int, default=3, help="in each of which every version has its turn")
    parser.add_argument("--requests", type=int, default=800, help="of a round")
    parser.add_argument("--trials", type=int, default=10_000, help="of each of eight processes")
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed service is compiled, too
    versions = [OURS] if asked.against is None else [OURS, Version("other", asked.against.resolve())]
    report = Report()
    for condition in asked.conditions:
        print(f"{condition}: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
        with busy(os.cpu_count() or 1 if condition == "busy" else 0):
            for part in asked.parts:
                PARTS[part](report, condition, versions, asked)
    if asked.json is not None:
        content = {"figures": [asdict(figure) for figure in report.figures], "faults": report.faults}
        asked.json.write_text(json.dumps(content, indent=1) + "\n")
    print(f"faults: {report.faults or 'none'}")
    sys.exit(1 if report.faults else 0)


def measure_starts(report: Report, condition: str, versions: list[Version], asked: argparse.Namespace) -> None:
    """Start to listening, which comes after all that readiness asks for."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(asked.rounds):
        for version in versions:
            with tempfile.TemporaryDirectory(prefix="wtl-") as name:
                for which in ("first start", "later start"):
                    with _timed_start(version, Path(name)) as (clock_s, processor_s):
                        found.setdefault((which, version.name), []).append((clock_s, processor_s))
    for (which, name), pairs in sorted(found.items()):
        clock, processor = (statistics.median(column) for column in zip(*pairs, strict=True))
        report.add(condition, f"{which} to ready", name, seconds=clock, processor_s=processor)


@contextmanager
def _timed_start(version: Version, directory: Path) -> Iterator[tuple[float, float]]:
    started = time.perf_counter()
    service = version.start(directory)
    clock_s = time.perf_counter() - started
    times = psutil.Process(service.process.pid).cpu_times()
    try:
        yield clock_s, times.user + times.system
    finally:
        service.stop()


def measure_requests(report: Report, condition: str, versions: list[Version], asked: argparse.Namespace) -> None:
    """Small recommendations, alone and beside heavy work, in turns with the control."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wtl-")))
        table = _written_table(directory / "table.csv")
        control = start_control(directory / "control")
        stack.callback(control.kill)
        empty, same = [Asked("POST", EMPTY, b"{}")], [asking(1_000.0)]
        numbers = iter(range(1_001, 10**9))
        services = {version.name: version.start(directory / version.name) for version in versions}
        for service in services.values():
            stack.callback(service.stop)
            _warm(service, table)
        for beside in (ALONE, NEW_TASKS, "beside a 60 MB CSV", "beside a refit", "beside both"):
            seconds: dict[str, list[float]] = {name: [] for name in ("control", *services)}
            processor = dict.fromkeys(seconds, 0.0)
            n_beside = dict.fromkeys(seconds, 0)
            for _ in range(asked.rounds):
                for name, service in {"control": control, **services}.items():
                    others = [] if name == "control" else _heavy(service, table, beside)
                    for other in others:
                        other.start()
                    watch = Stopwatch(service.process.pid)
                    new = [asking(float(next(numbers))) for _ in range(asked.requests if beside == NEW_TASKS else 0)]
                    requests = empty if name == "control" else new or same
                    seconds[name] += timed(service.url, requests, n_clients=N_CLIENTS, n_requests=asked.requests)
                    processor[name] += watch.read()[1]
                    for other in others:
                        other.stop()
                        n_beside[name] += other.n_done
                        report.faults += [f"{beside}, {name}: {text} ({n})" for text, n in other.errors.items()]
            for name, found in seconds.items():
                p50, p99 = np.quantile(found, [0.5, 0.99]) * 1e3
                each_ms = processor[name] / len(found) * 1e3
                report.add(
                    condition,
                    f"recommendation, 8 clients, {beside}",
                    name,
                    p50_ms=p50,
                    p99_ms=p99,
                    processor_ms=each_ms,
                    done_beside=n_beside[name],
                )


def _warm(service: LiveService, table: Path) -> None:
    """Learn what the measured requests need, and start what describes tables."""
    timed(service.url, [asking(999.0)], n_clients=1, n_requests=5)
    _describe(service, table)


def _heavy(service: LiveService, table: Path, beside: str) -> list[Repeated]:
    works: list[Callable[[threading.Event], object]] = []
    if beside in ("beside a 60 MB CSV", "beside both"):
        works.append(lambda _stopped: _describe(service, table))
    if beside in ("beside a refit", "beside both"):
        works.append(lambda stopped: _refit(service, stopped))
    return [Repeated(work) for work in works]


def _describe(service: LiveService, table: Path) -> None:
    with table.open("rb") as content:
        request = json.dumps({"target": "y"}).encode()
        files = {"file": ("table.csv", content), "request": (None, request)}
        service.http.post("/v1/tasks", files=files, timeout=300.0).raise_for_status()  # type: ignore[arg-type]


def _refit(service: LiveService, stopped: threading.Event) -> None:
    """Queue a refit and wait for its end; cancel it where that takes longer than what is measured."""
    client = Client(service.url)
    _, content = client.send(Asked("POST", "/v1/models/refit", REFIT))
    job = json.loads(content)
    while job["state"] in _UNDER_WAY:
        _, content = client.send(Asked("GET", f"/v1/jobs/{job['job_id']}"))
        job = json.loads(content)
        if stopped.wait(POLL_S):
            client.send(Asked("DELETE", f"/v1/jobs/{job['job_id']}"))
    client.close()
    if job["state"] not in ("succeeded", "cancelled"):
        raise RuntimeError(str(job["failure"]))


def _written_table(path: Path) -> Path:
    """A CSV of 60 MB: forty columns of numbers and a target."""
    rng = np.random.default_rng(0)
    header = ",".join([*(f"x{i}" for i in range(40)), "y"])
    values = rng.normal(size=(2_000, 40))
    rows = [",".join([*(f"{value:.6g}" for value in row), str(int(row[0] > 0))]) for row in values]
    block = "\n".join(rows) + "\n"
    with path.open("w") as file:
        file.write(header + "\n")
        for _ in range(CSV_BYTES // len(block)):
            file.write(block)
    return path


def measure_trials(report: Report, condition: str, versions: list[Version], asked: argparse.Namespace) -> None:
    """Eight processes report trials at the same time; all are looked for afterwards."""
    for kind in asked.databases:
        for version in versions:
            with (
                tempfile.TemporaryDirectory(prefix="wtl-", ignore_cleanup_errors=True) as name,
                new_database(kind, Path(name) / "database") as url,
            ):
                service = version.start(Path(name), database_url=url)
                try:
                    _measure_writers(report, condition, kind, version.name, service, asked)
                finally:
                    service.stop()


def _measure_writers(
    report: Report, condition: str, kind: str, name: str, service: LiveService, asked: argparse.Namespace
) -> None:
    task_id = service.http.post("/v1/tasks", json=TASK).raise_for_status().json()["task_id"]
    body = {"task_id": task_id, "search_space": SPACE, "metric": "accuracy"}
    studies = [
        service.http.post("/v1/studies", json=body).raise_for_status().json()["study_id"] for _ in range(N_CLIENTS)
    ]
    watch = Stopwatch(service.process.pid)
    written = write_trials(service.url, studies, n_trials=asked.trials, batch=asked.batch)
    _, processor_s = watch.read()
    acknowledged = sum(one.n_acknowledged for one in written)
    found = sum(service.http.get(f"/v1/studies/{study}").json()["n_trials"] for study in studies)
    slowest_s = max(one.seconds for one in written)
    refused = [f"{status} ({n})" for one in written for status, n in one.refused.items()]
    report.faults += [f"{kind}, {name}: {text}" for text in refused]
    if found != acknowledged:
        report.faults.append(f"{kind}, {name}: {acknowledged} trials acknowledged, {found} found")
    report.add(
        condition,
        f"8 processes report trials, {kind}",
        name,
        acknowledged=acknowledged,
        lost=acknowledged - found,
        refused=len(refused),
        trials_a_second=acknowledged / slowest_s,
        trials_a_processor_second=acknowledged / processor_s,
    )


PARTS: Final = {"starts": measure_starts, "requests": measure_requests, "trials": measure_trials}


if __name__ == "__main__":
    main()
