"""Write ``docs/maml_results.md`` from the figures that the other benchmarks of this family have left.

    python -m benchmarks.maml_tables

Nothing is typed by hand: what was not measured has no row.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.stats import RESULTS

TARGET = Path(__file__).parent.parent / "docs" / "maml_results.md"

Rows = list[dict[str, Any]]


def main() -> None:
    """Write the file."""
    parts = [
        "# What was measured of the MAML family\n",
        "Written by `python -m benchmarks.maml_tables` from `benchmarks/results`; every figure was measured there.\n",
    ]
    sections: dict[str, Callable[[Any], list[str]]] = {
        "speed": speed,
        "sinusoid": sinusoid,
        "surrogates": surrogates,
        "engine": engine,
        "latency": latency,
        "omniglot": omniglot,
    }
    for name, section in sections.items():
        path = RESULTS / f"maml_{name}.json"
        if path.exists():
            parts += section(json.loads(path.read_text())["results"])
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("\n".join(parts).rstrip() + "\n")
    print(TARGET)


def speed(results: dict[str, Any]) -> list[str]:
    """Ratios within one run."""
    rows = [
        [
            r["way"],
            str(r["steps"]),
            f"{r['median_ms']:.2f}",
            f"{r['ratio']:.1f}",
            f"{r['ratio_low']:.1f}-{r['ratio_high']:.1f}",
        ]
        for r in results["rows"]
    ]
    header = ("meta-step", "inner steps", "median, ms", "times faster than the loop", "quartiles of the ratio")
    return [
        "## Speed\n",
        f"One meta-step on a 40-40 network, 25 tasks of 10 shots, {results['threads']} thread, "
        f"PyTorch {results['torch']}, all ways in turn within one run (`benchmarks/maml_speed.py`).\n",
        *markdown(header, rows),
    ]


def sinusoid(results: Rows) -> list[str]:
    """Errors with intervals over seeds."""
    rows = []
    for r in results:
        cells = [f"{r['algorithm']}", f"{r['n_seeds']} x {r['n_iterations']:,}"]
        for steps in (0, 1, 5, 10, 20, 50):
            value = r[f"mse_{steps}"]
            half = value["half_width"]
            digits = 3 if value["mean"] >= 0.1 else 4 if value["mean"] >= 0.001 else 5
            cells.append(f"{value['mean']:.{digits}f}" + ("" if half is None else f" ± {half:.{digits}f}"))
        cells.append("-" if r["coverage_90"] is None else f"{100 * r['coverage_90']:.1f} %")
        cells.append(r["before"] or "-")
        rows.append(cells)
    header = (
        "algorithm",
        "seeds x meta-steps",
        *(f"{s} steps" for s in (0, 1, 5, 10, 20, 50)),
        "coverage of 90 %",
        "measured before: 0 / 1 / 5 / 10 steps",
    )
    return [
        "## Sine waves\n",
        "Mean squared error on 4,000 fresh tasks by the protocol of Finn et al. (2017), 10 shots, with 95 % intervals "
        "over seeds (Student's t; none where one seed was run). Closed forms take no steps; for the deep kernel the "
        "steps fine-tune its scales. Coverage is of the central 90 % interval after 10 steps "
        "(`benchmarks/maml_sinusoid.py`).\n",
        *markdown(header, rows),
    ]


def surrogates(results: Rows) -> list[str]:
    """Three tables for each (table, known trials)."""
    lines = [
        "## Surrogates of tuning data\n",
        "Tasks left out in three folds; each past task known by the given number of random trials only. 95 % bootstrap "
        "intervals over tasks (`benchmarks/maml_surrogates.py`). Rank: Spearman's correlation on 200 configurations "
        "that weren't shown. Density: mean log-density, in units of the task's own standard deviation, larger is "
        "better. Regret: normalised, of the best configuration chosen by expected improvement, on every second task. "
        "A + or - says that the paired difference from the engine's prior on the same tasks is better or worse, its "
        "95 % interval without 0.\n",
    ]
    titles = (("rank", "Rank correlation", (0, 2, 5, 10)), ("density", "Log-density", (0, 2, 5, 10)))
    for key, title, at in (*titles, ("regret", "Regret", (1, 2, 3, 5, 10, 20))):
        for table, known in sorted({(r["table"], r["known"]) for r in results}):
            chosen = [r for r in results if (r["table"], r["known"]) == (table, known)]
            lines.append(f"### {title} after n trials: {table}, {known} known trials a past task\n")
            best = [(max if key != "regret" else min)(r[key][i] for r in chosen) for i in range(len(at))]
            rows = [
                [f"{r['method']}", *_cells(r, key, best), "-" if r["fit_s"] is None else f"{r['fit_s']:.0f}"]
                for r in chosen
            ]
            lines += markdown(("method", *(f"n = {n}" for n in at), "meta-training, s"), rows)
    return lines


def _cells(row: dict[str, Any], key: str, best: Sequence[float]) -> list[str]:
    cells: list[str] = []
    for mean, (low, high), top in zip(row[key], row[f"{key}_interval"], best, strict=True):
        text = f"{mean:.3f}"
        mark = ""
        if row[f"{key}_gain"] is not None:
            _, least, most = row[f"{key}_gain"][len(cells)]
            better, worse = (least > 0, most < 0) if key != "regret" else (most < 0, least > 0)
            mark = " +" if better else " -" if worse else ""
        cells.append(f"{f'**{text}**' if mean == top else text} ({low:.3f} to {high:.3f}){mark}")
    return cells


def engine(results: Rows) -> list[str]:
    """Regret of the engine with and without."""
    rows = []
    for r in results:
        way = "empirical prior" if r["role"] is None else f"{r['kind']}, {r['role']}"
        gain = "-"
        if r["difference"] is not None:
            mean, low, high = r["difference"]
            gain = f"{mean:+.4f} ({low:+.4f} to {high:+.4f})"
        known = f"{r['table']}, {r['known']} known"
        rows.append([known, way, *(f"{x:.3f}" for x in r["adaptive"]), gain])
    n_tasks = sorted({r["n_tasks"] for r in results})
    return [
        "## Surrogates inside the engine\n",
        "Normalised regret of adaptive suggestions after so many trials, with the engine's empirical prior and with a "
        f"surrogate in its place, on the same {n_tasks[0]} to {n_tasks[-1]} tasks, left out in five folds. A surrogate "
        "for maps completes what is known of past tasks, one for suggestions conditions on the study's trials. "
        "Differences are of the mean over these numbers of trials, with 95 % bootstrap intervals over tasks: below 0 "
        "the surrogate is better (`benchmarks/maml_engine.py`).\n",
        *markdown(
            ("table", "by", *(str(n) for n in (1, 2, 3, 5, 10, 15, 20)), "with − without"),
            rows,
        ),
    ]


def latency(results: Rows) -> list[str]:
    """Milliseconds of one answer."""
    rows = [[r["kind"], f"{r['median_ms']:.1f}", f"{r['slowest_ms']:.1f}"] for r in results]
    return [
        "## Time to answer\n",
        "Adapting to 32 trials of 20 columns and judging 100 configurations, in process, one thread, on a machine that "
        "was busy with other work (`benchmarks/maml_latency.py`).\n",
        *markdown(("surrogate", "median, ms", "slowest, ms"), rows),
    ]


def omniglot(results: Rows) -> list[str]:
    """Accuracy with intervals over episodes."""
    rows = []
    for r in results:  # in the order of the benchmark
        cells = [
            f"{100 * a['mean']:.1f} ({100 * a['low']:.1f} to {100 * a['high']:.1f})" for a in r["accuracy"].values()
        ]
        how = f"{r['n_iterations']:,} of {r['n_tasks']} tasks, {r['train_s']:.0f} s, {r['device']}"
        how = how if r["n_iterations"] else "none"
        rows.append([r["algorithm"], str(r["shots"]), how, *cells])
    header = ("algorithm", "shots", "meta-steps", "trained steps", "five more steps", "nearest class mean")
    return [
        "## Omniglot, the two small sets\n",
        "5-way accuracy in per cent over 1,000 episodes of three unseen alphabets, 5 query images a class, 95 % "
        "bootstrap intervals over episodes (`benchmarks/maml_omniglot.py`); after five more, guarded, steps over the "
        "first 100. Batch normalisation uses the query images' own moments: transductive. The nearest class mean takes "
        "the features of the same start, nothing is adapted. The number of meta-steps says how far training got: "
        "published results take tens of thousands and nine times the characters. Seconds are of one processor core.\n",
        *markdown(header, rows),
    ]


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table."""
    return [
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


if __name__ == "__main__":
    main()
