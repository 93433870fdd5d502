"""Intervals and tables that all benchmarks share."""

import json
import platform
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RESULTS = Path(__file__).parent / "results"


def bootstrap_interval(
    values: NDArray[np.float64], *, level: float = 0.95, n_resamples: int = 2_000, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean over the first axis' units (datasets, tasks)."""
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(values), size=(n_resamples, len(values)))
    means = values[picks].mean(axis=1)
    tail = (1 - level) / 2
    return float(np.quantile(means, tail)), float(np.quantile(means, 1 - tail))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns, the first to the left, the others to the right."""
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    for line in (header, *rows):
        cells = [line[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(line[1:], widths[1:], strict=True))]
        print("  ".join(cells).rstrip(), flush=True)


def write_results(name: str, content: object) -> Path:
    """Write a benchmark's figures as JSON beside the others."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    body = {"python": platform.python_version(), "numpy": np.__version__, "results": content}
    path.write_text(json.dumps(body, indent=1, allow_nan=False) + "\n")
    return path
