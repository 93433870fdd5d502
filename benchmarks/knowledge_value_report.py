"""Summing up `benchmarks.knowledge_value`: regret, wins and losses beyond noise, and what TPE needs for as much."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from benchmarks.stats import bootstrap_interval, print_table
from benchmarks.transfer_table import Material
from warmtune.vocabulary.arrays import FloatArray, IntArray

AT: Final = (1, 3, 5, 10)
TIE: Final = 0.001
HARM: Final = 0.01
N_SIGMA: Final = 2.0
"""A difference exceeds noise where it is more than so many standard errors."""
RANDOM, TPE, PORTFOLIO = "random, default first", "TPE, default first", "static portfolio"


def summarised(
    material: Material, targets: IntArray, curves: Mapping[str, FloatArray], noise: FloatArray, *, engine: str
) -> dict[str, object]:
    """All figures of one table.

    Args:
        material: The table.
        targets: In the order of the curves.
        curves: By method, shape ``(n_targets, n_trials)``: least regret after each trial.
        noise: Of a difference from the default, in the metric's units, shape ``(n_targets,)``.
        engine: The method's name that is compared with the others.
    """
    spread = np.array([np.nanmax(s) - np.nanmin(s) for s in material.scores[targets]])
    default = np.array([material.regret(int(t))[material.default] for t in targets])
    has = np.isfinite(default)
    gain = ((default - curves[engine][:, 0]) * spread)[has]
    beyond = np.abs(gain) > N_SIGMA * noise[has]
    own5, random5 = curves[engine][:, 4], curves[RANDOM][:, 4]
    late = curves[engine][:, AT[-1] - 1].mean()
    as_good = np.flatnonzero(curves[TPE].mean(axis=0) <= late)
    return {
        "table": material.name,
        "metric": material.table.metric,
        "n_configurations": len(material.table.configurations),
        "n_tasks": len(targets),
        "won": int((gain > TIE).sum()),
        "tied": int((np.abs(gain) <= TIE).sum()),
        "lost": int((gain < -TIE).sum()),
        "harmed": int((gain < -HARM).sum()),
        "won_beyond_noise": int((beyond & (gain > 0)).sum()),
        "lost_beyond_noise": int((beyond & (gain < 0)).sum()),
        "harmed_beyond_noise": int((beyond & (gain < -HARM)).sum()),
        "five_better": int((own5 < random5 - 1e-9).sum()),
        "five_equal": int((np.abs(own5 - random5) <= 1e-9).sum()),
        "tpe_trials_as_good_as_10": int(as_good[0]) + 1 if len(as_good) else None,
        "default": with_interval(default[has]),
        "regret": {m: {str(n): with_interval(c[:, n - 1]) for n in AT} for m, c in curves.items()},
        "engine_less": {
            m: {str(n): with_interval(curves[engine][:, n - 1] - c[:, n - 1]) for n in AT}
            for m, c in curves.items()
            if m != engine
        },
    }


def summarised_point(past: int | None, known: int | None, curves: Mapping[str, FloatArray]) -> dict[str, object]:
    """Regret at one amount of past; curves as of `summarised`, over the targets of all tables."""
    return {
        "past": past,
        "known": known,
        "n_targets": len(next(iter(curves.values()))),
        "regret": {m: {str(n): with_interval(c[:, n - 1]) for n in AT} for m, c in curves.items()},
    }


def with_interval(values: FloatArray) -> list[float]:
    """Mean and its 95 % bootstrap interval over datasets."""
    return [round(float(x), 5) for x in (values.mean(), *bootstrap_interval(values))]


def print_opponents(results: Sequence[Mapping[str, Any]]) -> None:
    """The engine and its opponents, a line for each table and method."""
    rows = []
    for r in results:
        for method, by_n in r["regret"].items():
            name = f"{r['table']} ({r['n_tasks']} datasets, {r['n_configurations']} configurations)"
            rows.append((name, method, *(_shown(by_n[str(n)]) for n in AT)))
    print_table(("table", "method", *(f"regret after {n}" for n in AT)), rows)
    print()
    wins = [
        (
            str(r["table"]),
            f"{r['won']}, {r['tied']}, {r['lost']} ({r['harmed']})",
            f"{r['won_beyond_noise']}, {r['lost_beyond_noise']}",
            f"{r['five_better']} of {r['n_tasks']}",
            str(r["tpe_trials_as_good_as_10"]),
        )
        for r in results
    ]
    header = ("table", "won, tied, lost (harmed)", "beyond noise", "five better", "TPE's trials")
    print_table(header, wins)
    print(goals(results))


def goals(results: Sequence[Mapping[str, Any]]) -> str:
    """The goals' figures over all tables."""
    total = {key: sum(int(r[key]) for r in results) for key in _SUMMED}
    decided = max(total["won_beyond_noise"] + total["lost_beyond_noise"], 1)
    shares = {key: f"{total[key]} ({total[key] / total['n_tasks']:.1%})" for key in _SUMMED}
    return (
        f"the first configuration beats the default on {total['won_beyond_noise']} of {decided} that differ beyond "
        f"noise ({total['won_beyond_noise'] / decided:.1%}). It is worse by more than {HARM} on {shares['harmed']} of "
        f"all {total['n_tasks']}, beyond noise on {shares['harmed_beyond_noise']}. The best of five is better than the "
        f"best of the default and four random ones on {shares['five_better']}"
    )


_SUMMED: Final = ("won_beyond_noise", "lost_beyond_noise", "harmed", "harmed_beyond_noise", "n_tasks", "five_better")


def print_curve(points: Sequence[Mapping[str, Any]]) -> None:
    """Regret at every amount of past."""
    rows = [
        (f"{p['past'] or 'all'} past tasks, {p['known'] or 'all'} known: {m}", *(_shown(by_n[str(n)]) for n in AT))
        for p in points
        for m, by_n in p["regret"].items()
    ]
    print_table(("mean regret after", *map(str, AT)), rows)


def _shown(interval: Sequence[float]) -> str:
    mean, low, high = interval
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"
