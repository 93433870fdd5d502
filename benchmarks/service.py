"""The service, measured over HTTP from outside: start, small requests, an upload against pandas, trials taken in.

``python -m benchmarks.service`` starts a service of its own on a fresh database and prints a table. Ratios are of two
things measured in the same run; on a busy machine only those mean much.
"""

import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import psutil

from benchmarks.metafeatures_speed import mixed_table
from tests.serving import LiveService, start_service

ASK = {"target": "y", "search_space": "hist_gradient_boosting"}
TASK = {"kind": "binary", "meta_features": {"n_rows": 1000.0, "n_columns": 20.0, "majority_share": 0.6}}
N_TRIALS = 10_000
_REPEATS = 5


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        service = start_service(Path(directory))
        show("start to listening, first (knowledge base loaded)", f"{time.perf_counter() - started:.2f} s")
        service.stop()
        started = time.perf_counter()
        service = start_service(Path(directory))
        show("start to listening, again", f"{time.perf_counter() - started:.2f} s")
        try:
            measure_requests(service)
            measure_upload(service)
            measure_trials(service)
        finally:
            service.stop()


def measure_requests(service: LiveService) -> None:
    """Small requests, from one client and from eight."""
    body = {"task": TASK, "search_space": "hist_gradient_boosting"}
    service.http.post("/v1/recommendations", json=body)
    for name, ask in (
        ("GET /healthz", lambda http: http.get("/healthz")),
        ("POST /v1/recommendations from meta-features", lambda http: http.post("/v1/recommendations", json=body)),
    ):
        for n_clients in (1, 8):
            seconds = timed(service.url, ask, n_clients=n_clients, n_requests=300)
            p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1e3
            show(f"{name}, {n_clients} at once", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms")


def timed(url: str, ask: Callable[[httpx.Client], httpx.Response], *, n_clients: int, n_requests: int) -> list[float]:
    """Seconds of each request."""

    def work(_: int) -> list[float]:
        with httpx.Client(base_url=url) as http:
            return [seconds_of(lambda: ask(http).raise_for_status()) for _ in range(n_requests // n_clients)]

    with ThreadPoolExecutor(n_clients) as pool:
        return [seconds for several in pool.map(work, range(n_clients)) for seconds in several]


def measure_upload(service: LiveService) -> None:
    """CSV files of 10,000 x 50, numbers only and with words, against pandas reading them."""
    values = np.random.default_rng(0).normal(size=(10_000, 50))
    frame = pd.DataFrame(values, columns=[f"x{i}" for i in range(50)]).assign(y=(values[:, 0] > 0).astype(int))
    _measure_upload(service, "numbers", frame.to_csv(index=False, float_format="%.6g").encode())
    _measure_upload(service, "a third words", mixed_table(10_000, 50).to_pandas().to_csv(index=False).encode())


def _measure_upload(service: LiveService, name: str, content: bytes) -> None:
    def upload() -> None:
        files: dict[str, tuple[str | None, bytes]] = {
            "file": ("t.csv", content),
            "request": (None, json.dumps(ASK).encode()),
        }
        service.http.post("/v1/recommendations", files=files).raise_for_status()

    show("the first upload (its process may start)", f"{seconds_of(upload):.2f} s")
    upload()
    pairs = [(seconds_of(upload), seconds_of(lambda: pd.read_csv(io.BytesIO(content)))) for _ in range(15)]
    ours, pandas = (statistics.median(column) for column in zip(*pairs, strict=True))
    show(f"CSV of 10,000 x 50, {name} ({len(content) / 1e6:.1f} MB) posted, answered", f"{ours * 1e3:.0f} ms")
    show("  over pandas.read_csv of it", f"{statistics.median(a / b for a, b in pairs):.2f} ({pandas * 1e3:.0f} ms)")
    ratios = [_processor_ratio(service, upload, content) for _ in range(7)]
    show("  the same in the processor's time, all processes of the service", f"{statistics.median(ratios):.2f}")


def _processor_ratio(service: LiveService, upload: Callable[[], None], content: bytes) -> float:
    """Processor time of some uploads over that of as many times pandas reads the file."""
    root = psutil.Process(service.process.pid)
    processes = [root, *root.children(recursive=True)]
    before = _processor_seconds(processes)
    for _ in range(_REPEATS):  # the clock of processes ticks in hundredths of a second
        upload()
    ours = _processor_seconds(processes) - before
    began = time.process_time()
    for _ in range(_REPEATS):
        pd.read_csv(io.BytesIO(content))
    return ours / (time.process_time() - began)


def _processor_seconds(processes: list[psutil.Process]) -> float:
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


def measure_trials(service: LiveService) -> None:
    """Batches of trials, new ones and the same again."""
    body = {"task": TASK, "search_space": "random_forest", "n_configurations": 1_000}
    configurations = service.http.post("/v1/recommendations", json=body).json()["configurations"]
    task_id = service.http.post("/v1/tasks", json=TASK).json()["task_id"]
    study = service.http.post("/v1/studies", json={"task_id": task_id, "search_space": "random_forest"}).json()
    path = f"/v1/studies/{study['study_id']}/trials"
    batch = [
        {"number": i, "params": configurations[i % len(configurations)]["params"], "value": i / N_TRIALS}
        for i in range(N_TRIALS)
    ]
    content = json.dumps(batch).encode()

    def report() -> None:
        service.http.post(path, content=content, headers={"Content-Type": "application/json"}).raise_for_status()

    for name in ("new", "the same again"):
        show(
            f"{N_TRIALS:,} trials of 7 parameters in one batch, {name}",
            f"{N_TRIALS / seconds_of(report):,.0f} a second",
        )


def seconds_of(action: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def show(name: str, figure: str) -> None:
    """One line of the table."""
    print(f"{name:<78}{figure:>32}", flush=True)


if __name__ == "__main__":
    main()
