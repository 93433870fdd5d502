"""What `benchmarks.maml_task_models` has judged, as a table, JSON and a picture."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.stats import RESULTS, bootstrap_interval, print_table, write_results
from warmtune.vocabulary.arrays import FloatArray

PARTS = Path("runs/maml_task_models")
SIZES, STEPS = (32, 128, 512), (0, 1, 5, 20)
RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
KINDS = {"classification": True, "regression": False}
SHOWN = ("random forest", "MLP", "best expert", "mean of experts", "random at its best rate", "learned")
OTHERS = ("random forest", "MLP", "best expert", "mean of experts")
LEARNED = (*(f"learned, {steps}" for steps in STEPS), "learned, recommended")


def report() -> None:
    """Print the table, write JSON and picture, each algorithm on its own."""
    results: list[dict[str, Any]] = []
    for path in sorted(PARTS.glob("judged-*.json")):
        judged = json.loads(path.read_text())
        for kind in KINDS:
            for n in SIZES:
                entry = summary([p for p in judged if p["kind"] == kind and p["n"] == n])
                results.append({"algorithm": path.stem.removeprefix("judged-"), "kind": kind, "n": n, **entry})
    print(write_results("maml_task_models", results))
    for result in results:
        ways = {way: m for way, m in result["ways"].items() if not way.startswith("random at 0")}
        rows = [[way, f"{m['mean']:.3f}", f"{m['low']:.3f} to {m['high']:.3f}"] for way, m in ways.items()]
        title = f"{result['algorithm']}, {result['kind']}, {result['n']} rows, {result['n_datasets']} datasets"
        print_table((f"\n{title}", "mean", "interval"), rows)
    picture([r for r in results if r["algorithm"] == "maml"])


def summary(parts: Sequence[dict[str, object]]) -> dict[str, dict[str, dict[str, float]]]:
    """Means over datasets of means over seeds; gains are paired differences."""
    by_way: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for part in parts:
        scores = part["scores"]
        for way, score in scores.items() if isinstance(scores, dict) else ():
            by_way[way][str(part["dataset"])].append(score)
    names = sorted(next(iter(by_way.values()), {}))
    values = {way: np.array([np.mean(each[name]) for name in names]) for way, each in by_way.items()}
    for steps in STEPS:
        best = max(RATES, key=lambda rate, steps=steps: values[f"random at {rate}, {steps}"].mean())  # type: ignore[misc]
        values[f"random at its best rate, {steps}"] = values[f"random at {best}, {steps}"]
    gains = {f"{way} over {other}": _estimate(values[way] - values[other]) for way in LEARNED for other in OTHERS} | {
        f"learned, {steps} over random at its best rate, {steps}": _estimate(
            values[f"learned, {steps}"] - values[f"random at its best rate, {steps}"]
        )
        for steps in STEPS
    }
    counts = {"n_datasets": len(names), "n_seeds": max(len(v) for v in by_way["MLP"].values())}
    return {**counts, "ways": {way: _estimate(v) for way, v in values.items()}, "gains": gains}  # type: ignore[dict-item]


def _estimate(values: FloatArray) -> dict[str, float]:
    low, high = bootstrap_interval(values)
    return {"mean": float(values.mean()), "low": low, "high": high}


def picture(results: Sequence[dict[str, object]]) -> None:
    """Means by the number of known rows, one panel a kind of task."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 2)
    for axis, kind in zip(axes, KINDS, strict=True):
        chosen = [r for r in results if r["kind"] == kind]
        for way, label, style in (
            ("learned, recommended", "learned start, recommended steps", "o-"),
            ("random at its best rate, 20", "random start, 20 steps, best rate", "s--"),
            ("best expert", "best expert", "^:"),
            ("random forest", "random forest", "x-"),
            ("MLP", "MLP", "+-"),
        ):
            means = [r["ways"][way]["mean"] for r in chosen]  # type: ignore[index]
            axis.plot(range(len(chosen)), means, style, label=label)
        axis.set_xticks(range(len(chosen)), [f"{r['n']}\n({r['n_datasets']} datasets)" for r in chosen])
        axis.set_xlabel("known rows")
        axis.set_ylabel("accuracy" if kind == "classification" else "R2")
        axis.set_title(kind)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    figure.savefig(RESULTS / "maml_task_models.png", dpi=110)
