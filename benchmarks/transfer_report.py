"""Summing up `benchmarks.transfer`: means, medians, ranks, and the engine against the best opponent."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from scipy.stats import rankdata

from benchmarks.stats import bootstrap_interval, print_table
from warmtune.vocabulary.arrays import FloatArray

ENGINE: Final = "engine"
AT: Final = (1, 2, 3, 5, 10, 20, 30, 50, 100)
RANKED: Final = (1, 2, 3, 5, 10, 20, 30)


def summarised(curves: Mapping[str, FloatArray]) -> dict[str, object]:
    """What is written: every figure with its 95 % bootstrap interval over tasks.

    Args:
        curves: By method, shape ``(n_histories, n_tasks, n_trials)``.
    """
    by_task = {method: found.mean(axis=0) for method, found in curves.items()}
    ranks = _ranks(by_task)
    return {
        "mean": {m: {str(n): _with_interval(c[:, n - 1]) for n in AT if n <= c.shape[1]} for m, c in by_task.items()},
        "median": {
            m: {str(n): round(float(np.median(c[..., n - 1])), 5) for n in AT if n <= c.shape[-1]}
            for m, c in curves.items()
        },
        "rank": {m: {str(n): _with_interval(ranks[n][m]) for n in RANKED} for m in by_task},
        "engine_less": {
            m: {str(n): _with_interval(by_task[ENGINE][:, n - 1] - c[:, n - 1]) for n in RANKED}
            for m, c in by_task.items()
            if ENGINE in by_task and m != ENGINE
        },
    }


def print_report(curves: Mapping[str, FloatArray], *, heading: str) -> None:
    """Print it."""
    print(f"\n{heading}")
    by_task = {method: found.mean(axis=0) for method, found in curves.items()}
    for what, summary in (("mean", np.mean), ("median", np.median)):
        rows = [
            (
                m,
                *(
                    f"{float(summary(c.reshape(-1, c.shape[-1])[:, n - 1])):.4f}" if n <= c.shape[-1] else ""
                    for n in AT
                ),
            )
            for m, c in curves.items()
        ]
        print_table((f"{what} regret after", *map(str, AT)), rows)
    ranks = _ranks(by_task)
    print_table(
        ("mean rank after", *map(str, RANKED)), [(m, *(f"{ranks[n][m].mean():.2f}" for n in RANKED)) for m in curves]
    )
    if ENGINE in by_task and len(by_task) > 1:
        rows = []
        for n in RANKED:
            best = min((m for m in by_task if m != ENGINE), key=lambda m: float(by_task[m][:, n - 1].mean()))
            own, other = by_task[ENGINE][:, n - 1], by_task[best][:, n - 1]
            low, high = bootstrap_interval(own - other)
            ratio = f"{own.mean() / max(float(other.mean()), 1e-12):.2f}"
            rows.append((str(n), best, ratio, f"{(own - other).mean():+.4f} [{low:+.4f}, {high:+.4f}]"))
        print_table(("engine after", "best opponent", "ratio", "difference"), rows)


def _ranks(by_task: Mapping[str, FloatArray]) -> dict[int, dict[str, FloatArray]]:
    """Ranks among the methods, 1 is best, ties shared; by number of trials and method, shape ``(n_tasks,)``."""
    found = {}
    for n in RANKED:
        ranks = rankdata(np.array([curve[:, n - 1] for curve in by_task.values()]).round(9), axis=0)
        found[n] = dict(zip(by_task, ranks, strict=True))
    return found


def _with_interval(values: FloatArray) -> list[float]:
    return [round(x, 5) for x in (float(values.mean()), *bootstrap_interval(values))]
