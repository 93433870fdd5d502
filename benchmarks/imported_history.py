"""What an imported history is worth: recommendations learned from it alone, on tasks that it doesn't hold.

    python -m benchmarks.imported_history FOLDER [--optuna PYTHON ...] [--database FILE] [--mlflow mlruns] [--folds 5]

FOLDER is a meta-dataset of SVM runs (``trials.parquet``, ``metafeatures.parquet``: every task tried the same grid).
Optuna searches it, a study a task (100 trials, random or TPE, a median pruner, conditional parameters, some
failures): each ``--optuna`` names a Python with an Optuna of its own, and all fill one SQLite file; or
``--database`` brings one that was filled so. ``--mlflow`` brings a file store that ``imported_history_mlflow.py``
has filled.

The whole source goes in by one command twice, and the seconds are printed. Then a fresh service for each fold takes in
the studies of the other folds only, and is asked for each task of the fold, with its meta-features and by its kind
alone; nothing of the shipped knowledge base speaks for this search space. Regret is normalised within a task's own
grid, a configuration is answered by its nearest row; the opponent is the expectation over random rows of the grid.
Intervals are bootstraps over tasks.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.imported_history_studies import score_of
from benchmarks.stats import bootstrap_interval, print_table, write_results
from tests.serving import start_service
from warmtune.client import Client
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.history import ImportReport
from warmtune.vocabulary.task import MetaFeatures, TaskKind

AFTER = (1, 3, 5, 10)
N_DRAWS = 400
SPACE = "imported"
KIND = TaskKind.MULTICLASS

Rows = list[dict[str, object]]


def main() -> None:
    """Fill, import, ask, print."""
    asked = _parser().parse_args()
    tables = read_tables(asked.folder)
    described = read_descriptions(asked.folder)
    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        sources = [("MLflow", asked.mlflow)] if asked.mlflow else []
        if asked.database or asked.optuna or not sources:
            sources.insert(0, ("Optuna", asked.database or fill_database(scratch, tables, asked.optuna)))
        for name, source in sources:
            first, again = import_twice(scratch / f"{name}-whole", source)
            show_import(name, first)
            show_import(f"{name}, again", again)
            tasks = sorted({study.task for study in first.studies})
            regret = leave_folds_out(scratch, source, tasks, tables, described, n_folds=asked.folds)
            results[name] = {
                "studies": dict(first.n_studies),
                "trials": dict(first.n_trials),
                "trials_per_s": first.trials_per_s,
                "regret": show_regret(name, regret),
            }
    write_results("imported_history", results)


def read_tables(folder: Path) -> dict[str, Rows]:
    """The recorded rows by task; missing parameters are left out."""
    table = pd.read_parquet(folder / "trials.parquet")
    return {
        str(task): [
            {str(k): v for k, v in row.items() if k != "task" and v is not None and v == v}
            for row in rows.to_dict("records")
        ]
        for task, rows in table.groupby("task")
    }


def read_descriptions(folder: Path) -> dict[str, TaskDescription]:
    """The tasks' meta-features, as somebody who imports would have them."""
    table = pd.read_parquet(folder / "metafeatures.parquet").set_index("task")
    numbers = table.select_dtypes("number")
    return {
        str(task): TaskDescription(
            KIND, MetaFeatures({str(k): float(v) for k, v in row.items() if np.isfinite(v)}), name=str(task)
        )
        for task, row in numbers.iterrows()
    }


def fill_database(scratch: Path, tables: Mapping[str, Rows], pythons: Sequence[str]) -> Path:
    """One SQLite file, filled by each Python's Optuna in turn."""
    if not pythons:
        raise SystemExit(
            "give --optuna PYTHON (of an environment with Optuna, as often as you like) or --database FILE"
        )
    path, given = scratch / "optuna.db", scratch / "tables.json"
    given.write_text(json.dumps(tables))
    program = Path(__file__).with_name("imported_history_studies.py")
    bounds = np.linspace(0, len(tables), len(pythons) + 1).astype(int)
    for python, first, last in zip(pythons, bounds, bounds[1:], strict=False):
        command = [python, "-W", "ignore", str(program), f"sqlite:///{path}", str(given), str(first), str(last)]
        subprocess.run(command, check=True)
    return path


def import_twice(directory: Path, source: Path) -> tuple[ImportReport, ImportReport]:
    """The whole source into a fresh service, two times."""
    service = start_service(directory)
    try:
        with Client(service.url, timeout_s=300.0) as client:
            return client.import_history(source, metric="accuracy"), client.import_history(source, metric="accuracy")
    finally:
        service.stop()


def leave_folds_out(
    scratch: Path,
    source: Path,
    tasks: Sequence[str],
    tables: Mapping[str, Rows],
    described: Mapping[str, TaskDescription],
    *,
    n_folds: int,
) -> dict[str, NDArray[np.float64]]:
    """Regret by way of asking, shape ``(tasks, len(AFTER))``; and the expectation of random rows."""
    found: dict[str, list[list[float]]] = {"with meta-features": [], "by kind alone": [], "random": []}
    order = np.random.default_rng(0).permutation(len(tasks))
    for fold in track(range(n_folds), description="folds"):
        left_out = {tasks[i] for i in order[fold::n_folds]}
        service = start_service(scratch / f"{source.name}-{fold}", mapping_until_tasks="0")
        try:
            with Client(service.url, timeout_s=300.0) as client:
                whole = client.import_history(source, metric="accuracy", dry_run=True)
                kept = [study.name for study in whole.studies if study.task not in left_out]
                client.import_history(
                    source, metric="accuracy", studies=kept, register_as=SPACE, tasks={t: described[t] for t in tasks}
                )
                for task in sorted(left_out):
                    nothing = TaskDescription(KIND, MetaFeatures({}))
                    for way, asked in (("with meta-features", described[task]), ("by kind alone", nothing)):
                        answer = client.recommend(asked, SPACE, metric="accuracy", n=max(AFTER))
                        picks = [c.configuration for c in answer.configurations]
                        scores = [score_of(pick, tables[task]) for pick in picks]
                        found[way].append(regret_of(np.array([scores]), tables[task])[0].tolist())
                    found["random"].append(random_regret(tables[task]))
        finally:
            service.stop()
    return {way: np.array(rows) for way, rows in found.items()}


def regret_of(scores: NDArray[np.float64], rows: Rows) -> NDArray[np.float64]:
    """Normalised regret of the best of the first ``AFTER`` of each draw, shape ``(draws, len(AFTER))``."""
    known = np.array([float(row["score"]) for row in rows])  # type: ignore[arg-type]
    width = max(known.max() - known.min(), 1e-12)
    best = np.maximum.accumulate(scores, axis=1)
    at = [min(n, scores.shape[1]) - 1 for n in AFTER]
    regret: NDArray[np.float64] = (known.max() - best[:, at]) / width
    return regret


def random_regret(rows: Rows) -> list[float]:
    """The expectation over random rows."""
    known = np.array([float(row["score"]) for row in rows])  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    draws = np.array([rng.choice(known, size=max(AFTER), replace=False) for _ in range(N_DRAWS)])
    return [float(x) for x in regret_of(draws, rows).mean(axis=0)]


def show_import(name: str, report: ImportReport) -> None:
    """One line."""
    studies = ", ".join(f"{count} {what}" for what, count in report.n_studies.items() if count)
    trials = ", ".join(f"{count:,} {what}" for what, count in report.n_trials.items() if count)
    print(
        f"{name} ({report.written_by}): studies {studies}; trials {trials}; {report.trials_per_s:,.0f} trials a second"
    )


def show_regret(name: str, regret: Mapping[str, NDArray[np.float64]]) -> dict[str, object]:
    """A table; the last rows are paired differences to random, below 0 is better."""
    rows: list[list[str]] = []
    means: dict[str, object] = {}
    for way, values in regret.items():
        rows.append([way, *(f"{mean:.3f}" for mean in values.mean(axis=0))])
        means[way] = [float(mean) for mean in values.mean(axis=0)]
        if way == "random":
            continue
        difference = values - regret["random"]
        intervals = [(float(d.mean()), *bootstrap_interval(d)) for d in difference.T]
        means[f"{way} less random"] = [list(interval) for interval in intervals]
        rows.append([f"{way} less random", *(f"{d:+.3f} [{lo:+.3f}, {hi:+.3f}]" for d, lo, hi in intervals)])
    print_table([f"{name}: regret after", *map(str, AFTER)], rows)
    return {"after": list(AFTER), "n_tasks": len(regret["random"]), **means}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--optuna", action="append", default=[], help="a Python with an Optuna; may be repeated")
    parser.add_argument("--database", type=Path, help="a database that was filled already")
    parser.add_argument("--mlflow", type=Path, help="an MLflow file store that was filled already")
    parser.add_argument("--folds", type=int, default=5)
    return parser


if __name__ == "__main__":
    main()
