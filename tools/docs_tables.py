"""Figures in the documentation come from the benchmarks' JSON: this rewrites the marked blocks of docs/*.md.

    python -m tools.docs_tables            # rewrite what is stale
    python -m tools.docs_tables --check    # change nothing; exit with 1 and name the pages that are stale

A block begins with the line ``<!-- table: NAME -->`` and ends with the line ``<!-- end -->``.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypedDict

from tools import engine_tables, knowledge_tables, search_tables

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BLOCK = re.compile(r"^<!-- table: (?P<name>\S+) -->\n(?P<body>.*?)^<!-- end -->$", flags=re.DOTALL | re.MULTILINE)
OPENING = re.compile(r"^<!-- table: ", flags=re.MULTILINE)

Interval = tuple[float, float, float]
"""Mean, and the lower and upper bound of its 95 % interval."""
Reader = Callable[[str], object]
"""From a result's name to what its JSON holds under ``results``."""


class LeaveOneOut(TypedDict):
    """What `benchmarks.leave_one_out` says of one search space and metric."""

    search_space: str
    metric: str
    n_tasks: int
    won: int
    tied: int
    lost: int
    harmed: int
    first_minus_default: Interval
    best5_minus_random5: Interval
    regret_best5: Interval
    regret_random5: Interval


class TaskModels(TypedDict):
    """What `benchmarks.maml_task_models` says of one kind of task and number of rows."""

    algorithm: str
    kind: str
    n: int
    n_datasets: int
    n_seeds: int
    ways: dict[str, dict[str, float]]
    gains: dict[str, dict[str, float]]


class TableError(Exception):
    """A block that can't be written: an unknown name, or no end."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite or check; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail on stale pages")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="folder of the pages")
    args = parser.parse_args(arguments)
    stale = []
    for page in sorted(args.docs.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        try:
            fresh = rewritten(text, read_results)
        except TableError as error:
            sys.stderr.write(f"{page.name}: {error}\n")
            return 2
        if fresh != text:
            stale.append(page.name)
            if not args.check:
                page.write_text(fresh, encoding="utf-8")
    if stale:
        done = "stale, run python -m tools.docs_tables" if args.check else "rewritten"
        sys.stdout.write(f"{done}: {', '.join(stale)}\n")
    return 1 if stale and args.check else 0


def read_results(name: str) -> object:
    """What a benchmark has written."""
    try:
        return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError) as error:
        raise TableError(f"no results of {name!r}: {error}") from error


def rewritten(text: str, read: Reader) -> str:
    """The page with every block made anew; equal results give an equal page.

    Raises:
        TableError: On an unknown name, or a block without an end.
    """
    if len(OPENING.findall(text)) != len(BLOCK.findall(text)):
        raise TableError("a block has no end")
    return BLOCK.sub(lambda block: _block(block["name"], read), text)


def _block(name: str, read: Reader) -> str:
    if name not in WRITERS:
        raise TableError(f"no table {name!r}, only {', '.join(WRITERS)}")
    return "\n".join([f"<!-- table: {name} -->", *WRITERS[name](read), "<!-- end -->"])


def leave_one_out(read: Reader) -> list[str]:
    """One row for each search space and metric."""
    header = (
        "search space, metric",
        "tasks",
        "first against default: won, tied, lost (by more than .01)",
        "first − default",
        "best of 5 − random 5",
        "regret of best of 5",
        "of random 5",
    )
    rows = [
        (
            f"`{r['search_space']}`, {r['metric']}",
            str(r["n_tasks"]),
            f"{r['won']}, {r['tied']}, {r['lost']} ({r['harmed']})",
            _interval(r["first_minus_default"], 4),
            _interval(r["best5_minus_random5"], 4),
            _interval(r["regret_best5"], 3),
            _interval(r["regret_random5"], 3),
        )
        for r in _leave_one_out(read)
    ]
    return _table(header, rows)


def leave_one_out_reading(read: Reader) -> list[str]:
    """What the intervals allow to be said, and what they don't."""
    results = _leave_one_out(read)
    better, unclear, worse = _split(results, "first_minus_default")
    better5, unclear5, worse5 = _split(results, "best5_minus_random5")
    return [
        "The **first** recommendation against the library's **default**, by whether the 95 % interval excludes 0:",
        "",
        f"- better: {_names(better)};",
        f"- **no significant difference**: {_names(unclear)};",
        f"- worse: {_names(worse)}.",
        "",
        "The **best of 5** recommended against the expected best of **5 random** ones:",
        "",
        f"- better: {_names(better5)};",
        f"- no significant difference: {_names(unclear5)};",
        f"- worse: {_names(worse5)}.",
    ]


def task_models(read: Reader) -> list[str]:
    """Means of every way, a column for each kind of task and number of rows."""
    results = _task_models(read)
    ways = [
        ("random forest", "scikit-learn's random forest"),
        ("MLP", "scikit-learn's MLP"),
        ("mean of experts", "mean of the experts"),
        ("best expert", "the expert that is best in cross-validation"),
        *((f"random at its best rate, {k}", f"random start, {k} steps, best rate") for k in (0, 1, 5, 20)),
        *((f"random at 0.03, {k}", f"random start, {k} steps, same rate") for k in (1, 5, 20)),
        *((f"learned, {k}", f"**learned start**, {k} steps") for k in (0, 1, 5, 20)),
        ("learned, recommended", "**learned start**, recommended steps"),
    ]
    names = {"classification": "accuracy", "regression": "R2"}
    header = ("", *(f"{names[r['kind']]}, {r['n']} rows, {r['n_datasets']} datasets" for r in results))
    rows = [(label, *(_number(r["ways"][way]["mean"], 3) for r in results)) for way, label in ways]
    return _table(header, rows)


def task_model_gains(read: Reader) -> list[str]:
    """Paired differences with their intervals over datasets."""
    results = _task_models(read)
    pairs = [
        ("learned, recommended over random forest", "learned, recommended steps − random forest"),
        ("learned, recommended over MLP", "learned, recommended steps − MLP"),
        ("learned, recommended over best expert", "learned, recommended steps − best expert"),
        *(
            (f"learned, {k} over random at its best rate, {k}", f"learned − random at its best rate, {k} steps")
            for k in (0, 1, 5, 20)
        ),
    ]
    header = ("difference", *(f"{r['kind']}, {r['n']} rows" for r in results))
    rows = []
    for pair, label in pairs:
        gains = [r["gains"][pair] for r in results]
        rows.append((label, *(_interval((g["mean"], g["low"], g["high"]), 3) for g in gains)))
    return _table(header, rows)


def task_model_times(read: Reader) -> list[str]:
    """How long adapting takes over HTTP."""
    results: list[dict[str, float]] = read("maml_service")  # type: ignore[assignment]  # as the benchmark writes it
    header = ("adapting to 32 rows of 20 columns", "clients at once", "median, ms", "95 % below, ms", "slowest, ms")
    keys = ("n_clients", "median_ms", "p95_ms", "slowest_ms")
    return _table(header, [(str(r["name"]), *(_number(r[key], 0) for key in keys)) for r in results])


def _task_models(read: Reader) -> list[TaskModels]:
    results: list[TaskModels] = read("maml_task_models")  # type: ignore[assignment]  # as the benchmark writes it
    return [r for r in results if r["algorithm"] == "maml"]


def _leave_one_out(read: Reader) -> list[LeaveOneOut]:
    results: list[LeaveOneOut] = read("leave_one_out")  # type: ignore[assignment]  # as the benchmark writes it
    return results


def _split(results: Sequence[LeaveOneOut], key: str) -> tuple[list[LeaveOneOut], list[LeaveOneOut], list[LeaveOneOut]]:
    """Those whose interval lies above 0, around it, and below it."""
    better = [r for r in results if r[key][1] > 0.0]  # type: ignore[literal-required]  # a key of intervals
    worse = [r for r in results if r[key][2] < 0.0]  # type: ignore[literal-required]
    return better, [r for r in results if r not in better and r not in worse], worse


def _names(results: Sequence[LeaveOneOut]) -> str:
    return ", ".join(f"`{r['search_space']}` ({r['metric']})" for r in results) or "none"


def first_answer(read: Reader) -> list[str]:
    """A row for each answer that somebody without a server waits for."""
    rows: list[dict[str, Any]] = read("first_answer")  # type: ignore[assignment]  # as the benchmark writes it
    cells = [[row["answer"], *(_number(row[key], 1) for key in ("median_s", "least_s", "most_s"))] for row in rows]
    return _table(["answer", "median, s", "least", "most"], cells)


def _interval(interval: Interval, digits: int) -> str:
    mean, low, high = (_number(value, digits) for value in interval)
    return f"{mean} [{low}, {high}]"


def _number(value: float, digits: int) -> str:
    shown = f"{value:.{digits}f}"
    return shown.lstrip("-") if float(shown) == 0.0 else shown.replace("-", "−")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


WRITERS: Mapping[str, Callable[[Reader], list[str]]] = MappingProxyType(
    {
        "leave_one_out": leave_one_out,
        "leave_one_out_reading": leave_one_out_reading,
        "task_models": task_models,
        "task_model_gains": task_model_gains,
        "task_model_times": task_model_times,
        "first_answer": first_answer,
        **engine_tables.WRITERS,
        **knowledge_tables.WRITERS,
        **search_tables.WRITERS,
    }
)
"""By the name that a block has."""


if __name__ == "__main__":
    sys.exit(main())
