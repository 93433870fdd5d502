"""What more past buys: regret against the number of past tasks and of known trials a task, from written results.

    python -m benchmarks.transfer TABLE --half confirming --past 10 20 40 80 all
    python -m benchmarks.transfer TABLE --half confirming --known 10 25 all
    python -m benchmarks.transfer_curve TABLE_NAME [--half confirming]

Reads results/transfer-TABLE-HALF-KNOWN-PAST.json, as many as there are, and writes results/transfer-curve-TABLE.json
and .png: the engine's mean regret after 1, 3, 5, 10 and 20 trials, and the best opponent's. Figures may be compared
where targets and histories are the same, which is checked.
"""

import argparse
import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.stats import RESULTS, print_table, write_results
from benchmarks.transfer_report import ENGINE
from benchmarks.transfer_table import HALVES
from warmtune.vocabulary.errors import InvalidInputError

AT: Final = ("1", "3", "5", "10", "20")
COLOURS: Final = ("#999999", "#56B4E9", "#009E73", "#D55E00", "#0072B2")
"""Okabe and Ito's (2008), which the colour-blind tell apart."""
MANY: Final = 10**9
"""Sorts behind every number: all."""


def main() -> None:
    """Print, write and draw the curves of one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="a table's name, as benchmarks.transfer prints it")
    parser.add_argument("--half", choices=HALVES, default=HALVES[1])
    args = parser.parse_args()
    points = curve_points(args.table, args.half, folder=RESULTS)
    rows = [
        (f"{p['past'] or 'all'} tasks, {p['known'] or 'all'} known: {m}", *_cells(p, m))
        for p in points
        for m in (ENGINE, "best opponent")
    ]
    print_table(("mean regret after", *AT), rows)
    print(write_results(f"transfer-curve-{args.table}", {"table": args.table, "half": args.half, "points": points}))
    path = RESULTS / f"transfer-curve-{args.table}.png"
    path.write_bytes(picture(points, title=f"{args.table}, {points[0]['n_tasks']} tasks of the {args.half} half"))
    print(path)


def curve_points(table: str, half: str, *, folder: Path) -> list[dict[str, Any]]:
    """What was measured for each number of past tasks and of known trials, few first.

    Raises:
        InvalidInputError: If there is nothing, or the results are of different targets.
    """
    points = []
    for path in folder.glob(f"transfer-{table}-{half}-*.json"):
        if not re.fullmatch(rf"transfer-{re.escape(table)}-{half}-(\d+|all)-(\d+|all)", path.stem):
            continue
        found = json.loads(path.read_text())["results"]
        opponents = [m for m in found["mean"] if m != ENGINE]
        best = {n: min((found["mean"][m][n][0], m) for m in opponents) for n in AT}
        points.append(
            {
                **{key: found[key] for key in ("known", "past", "n_tasks", "n_histories")},
                "mean": {
                    ENGINE: {n: found["mean"][ENGINE][n] for n in AT},
                    "best opponent": {n: [best[n][0]] for n in AT},
                },
                "median": {n: found["median"][ENGINE][n] for n in AT},
                "opponent": {n: best[n][1] for n in AT},
            }
        )
    if not points:
        raise InvalidInputError(f"no results of {table!r} in {folder}", field="table", value=table)
    if len({p["n_tasks"] for p in points}) > 1:
        raise InvalidInputError("the results are of different targets", field="table", value=table)
    return sorted(points, key=lambda p: (p["known"] or MANY, p["past"] or MANY))


def _cells(point: dict[str, Any], method: str) -> list[str]:
    cells = []
    for n in AT:
        mean, *interval = point["mean"][method][n]
        cells.append(f"{mean:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else ""))
    return cells


def picture(points: list[dict[str, Any]], *, title: str) -> bytes:
    """Two panels: over past tasks with the usual known trials, and over known trials with all past tasks; a PNG."""
    known = sorted({p["known"] or MANY for p in points}, key=lambda k: -sum((p["known"] or MANY) == k for p in points))[
        0
    ]
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    by_past = [p for p in points if (p["known"] or MANY) == known]
    by_known = [p for p in points if p["past"] is None]
    _draw(left, by_past, "past", f"past tasks, {by_past[0]['known'] or 'all'} known trials each")
    _draw(right, by_known, "known", "known trials of each past task, all tasks")
    left.set_ylabel("mean normalised regret")
    left.legend(frameon=False, fontsize=8, title="after trials", title_fontsize=8)
    figure.suptitle(f"{title}; lines: engine, dashes: best opponent", fontsize=10, parse_math=False)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def _draw(axes: Axes, points: list[dict[str, Any]], over: str, label: str) -> None:
    places = range(len(points))
    for n, colour in zip(AT, COLOURS, strict=True):
        own = [p["mean"][ENGINE][n][0] for p in points]
        axes.plot(places, own, "o-", color=colour, label=n, markersize=4)
        axes.plot(places, [p["mean"]["best opponent"][n][0] for p in points], "--", color=colour, linewidth=0.9)
    axes.set_xticks(list(places), [str(p[over] or "all") for p in points])
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel(label)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)


if __name__ == "__main__":
    main()
