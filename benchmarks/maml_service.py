"""How long adapting takes over HTTP: 32 rows of 20 columns known, 100 asked, one client and two.

    python -m benchmarks.maml_service [--repeats 60]

Starts a service of its own. A task model fits 27 experts six times and takes its recommended steps; surrogates are
meta-trained on 12 invented past tasks of a 20-parameter search space first, as jobs.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np

from benchmarks.stats import print_table, write_results
from tests.serving import LiveService, start_service

N_KNOWN, N_COLUMNS, N_ASKED, N_PAST = 32, 20, 100, 12
KINDS = ("deep_kernel", "marginal_last_layer", "maml", "reptile")
MODELS = "/v1/neural/models"


def main() -> None:
    """Measure, print and write ``results/maml_service.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=60)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        service = start_service(Path(folder))
        try:
            asked = dict(surrogates(service, rng))
            asked |= {"task model, classes": ("tabular", rows(rng, classes=True))}
            asked |= {"task model, numbers": ("tabular", rows(rng, classes=False))}
            results = [
                measure(service.url, name, *asked[name], n_clients=clients, repeats=args.repeats)
                for name in asked
                for clients in (1, 2)
            ]
        finally:
            service.stop()
    print_table(
        ("adapting", "clients", "median ms", "p95 ms", "slowest ms"),
        [
            [str(r["name"]), str(r["n_clients"]), *(f"{r[key]:.0f}" for key in ("median_ms", "p95_ms", "slowest_ms"))]
            for r in results
        ],
    )
    print(write_results("maml_service", results))


def configurations(n: int, rng: np.random.Generator) -> list[dict[str, object]]:
    """Random ones of the 20-parameter search space."""
    return [{f"x{i}": float(v) for i, v in enumerate(row)} for row in rng.random((n, N_COLUMNS))]


def surrogates(service: LiveService, rng: np.random.Generator) -> list[tuple[str, tuple[str, dict[str, object]]]]:
    """Meta-train one of each kind, and what is asked of it."""
    attributes = {"low": 0.0, "high": 1.0, "step": None, "log": False}
    space = {
        "parameters": {f"x{i}": {"name": "FloatDistribution", "attributes": attributes} for i in range(N_COLUMNS)},
        "defaults": {f"x{i}": 0.5 for i in range(N_COLUMNS)},
    }
    ok(service.http.put("/v1/search-spaces/wide", json=space))
    for past in range(N_PAST):
        features = {"n_rows": 100.0 + past, "n_columns": 5.0}
        task = ok(service.http.post("/v1/tasks", json={"kind": "regression", "meta_features": features}))
        body = {"task_id": task["task_id"], "search_space": "wide", "metric": "r2"}
        study = ok(service.http.post("/v1/studies", json=body))
        chosen = configurations(30, rng)
        trials = [
            {"number": i, "params": c, "value": 1.0 - (float(str(c["x0"])) - past / N_PAST) ** 2}
            for i, c in enumerate(chosen)
        ]
        ok(service.http.post(f"/v1/studies/{study['study_id']}/trials", json=trials))
    body = {"configurations": configurations(N_KNOWN, rng), "scores": rng.random(N_KNOWN).tolist()}
    asked: dict[str, object] = {"support": body, "query": {"configurations": configurations(N_ASKED, rng)}}
    for kind in KINDS:
        job = ok(
            service.http.post(
                MODELS,
                json={
                    "name": kind,
                    "search_space": "wide",
                    "kind": "regression",
                    "metric": "r2",
                    "algorithm": kind,
                    "n_steps": 40,
                },
            )
        )
        while (state := ok(service.http.get(f"/v1/jobs/{job['job_id']}"))["state"]) in ("queued", "running"):
            time.sleep(0.2)
        if state != "succeeded":
            raise RuntimeError(f"the training of {kind} {state}")
    return [(f"surrogate, {kind}", (kind, asked)) for kind in KINDS]


def rows(rng: np.random.Generator, *, classes: bool) -> dict[str, object]:
    """A table's rows, and what is asked of a task model."""
    cells = rng.normal(size=(N_KNOWN + N_ASKED, N_COLUMNS))
    signal = cells[:, 0] - cells[:, 1] + 0.3 * rng.normal(size=len(cells))
    targets = np.where(signal > 0, "yes", "no").tolist() if classes else signal.tolist()
    return {
        "support": {"rows": cells[:N_KNOWN].tolist(), "targets": targets[:N_KNOWN]},
        "query": {"rows": cells[N_KNOWN:].tolist()},
    }


def measure(
    url: str, name: str, model: str, body: dict[str, object], *, n_clients: int, repeats: int
) -> dict[str, object]:
    """Times of one kind of request, after one that warms up."""

    def work(_: int) -> list[float]:
        with httpx.Client(base_url=url, timeout=60.0) as http:
            times = []
            for _ in range(repeats // n_clients):
                start = time.perf_counter()
                http.post(f"{MODELS}/{model}/adapt", json=body).raise_for_status()
                times.append(1e3 * (time.perf_counter() - start))
            return times

    work(0)
    with ThreadPoolExecutor(n_clients) as pool:
        times: Sequence[float] = [t for part in pool.map(work, range(n_clients)) for t in part]
    return {
        "name": name,
        "n_clients": n_clients,
        "median_ms": statistics.median(times),
        "p95_ms": float(np.quantile(times, 0.95)),
        "slowest_ms": max(times),
    }


def ok(response: httpx.Response) -> dict[str, object]:
    """An answer that is no failure."""
    response.raise_for_status()
    found = response.json()
    return dict(found) if isinstance(found, dict) else {}


if __name__ == "__main__":
    main()
