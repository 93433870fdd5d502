"""The engine on a recorded tuning table: every task left out once, each past task known by a few random trials only.

    python -m benchmarks.metadataset FOLDER [--known 10 25 50 all] [--histories 5] [--folds 10] [--processes 2]

FOLDER holds space.json, trials.parquet and metafeatures.parquet; or it is the name of a table made of the shipped
knowledge base's own fits: wide-classification, wide-regression, or ALGORITHM-classification, ALGORITHM-regression.

Each random history is one choice of the known trials; curves are averaged over histories task by task, and intervals
are over tasks. A left-out task's own trials are in no fit: a model is fitted for each fold of tasks on the others, or
for each task (--refit task). With --refit never there is one fit of all tasks, and the target is excluded when the
model is asked, as a service does it. Each (known, history) is kept in --work under a key made of the table, the
options and the engine's own source, so that a run that was stopped goes on, and a changed engine starts anew.

For each --known it prints a table and writes benchmarks/results/metadataset-NAME-KNOWN.json with a picture beside it.
"""

import argparse
import hashlib
import json
import multiprocessing
import re
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

import metamodel
from benchmarks.backtests import average, joined
from benchmarks.knowledge_tables import load_table
from benchmarks.metadataset_report import print_backtest, saved_lines
from benchmarks.stats import RESULTS, write_results
from metamodel.backtest.leave_one_out import BacktestFold, BacktestOptions, HoldOut, plan_folds, replay_fold
from metamodel.backtest.picture import backtest_picture
from metamodel.backtest.records import RecordedTasks
from metamodel.backtest.replay import Method, Replay
from metamodel.backtest.result import Backtest

COLD = frozenset({Method.RANDOM, Method.DEFAULT, Method.TPE})
MIN_SPREAD = 1e-4
N_TRIALS = 30


def main() -> None:
    """Print the tables."""
    args = _arguments()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    table = load_table(args.table)
    options = _options(args)
    runner = Runner(args.work / table.name, args.processes, engine_digest())
    _, n_configurations = table.scores.shape
    cold = runner.run(table.recording(), _cold(options, args), "cold methods")
    for known in args.known:
        n_known = None if known == "all" or int(known) >= n_configurations else int(known)
        n_histories = 1 if n_known is None else args.histories
        found = []
        for history in range(n_histories):
            recording = table.recording(n_known=n_known, history=history)
            found.append(runner.run(recording, options, f"{known} known, history {history + 1} of {n_histories}"))
        averaged = average(found)
        together = joined(averaged, cold)
        heading = f"{table.name}: {len(averaged.task_ids)} tasks, {n_configurations} configurations, {known} known of "
        heading += f"each past task, {n_histories} random histories"
        print_backtest(together, heading=heading, reference=args.reference)
        body = {
            "table": table.name,
            "known": known,
            "engine": runner.engine,
            "options": _described(options),
            "n_histories": n_histories,
            "trials_saved": saved_lines(together),
            "adaptive_by_history": [[round(float(x), 5) for x in b.curve(Method.ADAPTIVE)[0]] for b in found],
            "backtest": together.to_json(),
        }
        name = f"metadataset-{table.name}-{known}" + ("-shared" if options.refit is HoldOut.NEVER else "")
        name += "" if args.trials == N_TRIALS else f"-after-{args.trials}"
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.png").write_bytes(backtest_picture(together, title=f"{table.name}, {known} known trials"))
        print(f"\n{write_results(name, body)}")


class Runner:
    """Runs backtests on several processes and keeps each result."""

    def __init__(self, folder: Path, n_processes: int, engine: str) -> None:
        self._folder = folder
        self._n_processes = n_processes
        self.engine = engine

    def run(self, recording: RecordedTasks, options: BacktestOptions, label: str) -> Backtest:
        """The backtest, from its file where it was run before."""
        key = f"{_described(options)}|{_content(recording)}"
        if options.methods - COLD:
            key += self.engine
        path = self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
        if path.is_file():
            return Backtest.from_json(json.loads(path.read_text()))
        replays: list[Replay] = []
        started = time.perf_counter()
        on_folds(recording, options, replays.extend, label=label, n_processes=self._n_processes)
        result = Backtest.of_replays(recording, replays)
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({**result.to_json(), "label": label, "took_s": time.perf_counter() - started}))
        partial.replace(path)  # a run that is stopped leaves whole files only
        return result


def on_folds(
    recording: RecordedTasks,
    options: BacktestOptions,
    take: Callable[[list[Replay]], None],
    *,
    label: str,
    n_processes: int,
) -> None:
    """Replay the folds of a backtest on several processes, with a progress bar."""
    folds = _shared_out(plan_folds(recording, options), n_processes)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=Console(stderr=True))
    # forked, so that all processes run the source that this one has read, whatever becomes of the files meanwhile
    with ProcessPoolExecutor(n_processes, mp_context=multiprocessing.get_context("fork")) as pool:
        running = {pool.submit(_replay, recording, fold, options): fold for fold in folds}
        with progress:
            bar = progress.add_task(label, total=sum(len(fold.targets) for fold in folds))
            for done in as_completed(running):
                take(done.result())
                progress.advance(bar, len(running[done].targets))


def _shared_out(folds: list[BacktestFold], n_processes: int) -> list[BacktestFold]:
    """A single fold's targets are split among the processes: the same fit is made in each."""
    if len(folds) > 1 or n_processes == 1:
        return folds
    parts = [folds[0].targets[start::n_processes] for start in range(n_processes)]
    return [replace(folds[0], targets=part, with_tpe=folds[0].with_tpe & set(part)) for part in parts if part]


def _replay(recording: RecordedTasks, fold: BacktestFold, options: BacktestOptions) -> list[Replay]:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return list(replay_fold(recording, fold, options))


def engine_digest() -> str:
    """A hash of the engine's source: results of different engines are never mixed."""
    digest = hashlib.sha256()
    root = Path(str(metamodel.__file__)).parent
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] not in ("backtest", "mapping", "trees"):
            digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def parse_reference(text: str) -> tuple[str, dict[int, float]]:
    """``NAME=1:.086,10:.010`` as a name and values."""
    match = re.fullmatch(r"([^=]+)=(\d+:[\d.]+(?:,\d+:[\d.]+)*)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=1:.086,10:.010")
    pairs = (pair.split(":") for pair in match[2].split(","))
    return match[1], {int(n): float(value) for n, value in pairs}


def _options(args: argparse.Namespace) -> BacktestOptions:
    return BacktestOptions(
        n_trials=args.trials,
        methods=frozenset(Method) - COLD,
        refit=HoldOut(args.refit),
        n_folds=args.folds,
        min_spread=MIN_SPREAD,
        max_targets=args.max_tasks,
    )


def _cold(options: BacktestOptions, args: argparse.Namespace) -> BacktestOptions:
    """Methods that know nothing of the past need one run for all histories."""
    return BacktestOptions(
        n_trials=options.n_trials,
        methods=COLD - {Method.TPE} if args.tpe_every == 0 else COLD,
        refit=HoldOut.FOLD,
        n_folds=options.n_folds,
        n_tpe_trials=max(args.tpe_trials, options.n_trials),
        tpe_every=max(args.tpe_every, 1),
        min_spread=options.min_spread,
        max_targets=options.max_targets,
    )


def _described(options: BacktestOptions) -> dict[str, object]:
    return {
        "n_trials": options.n_trials,
        "methods": sorted(options.methods),
        "refit": options.refit.value,
        "n_folds": options.n_folds,
        "n_tpe_trials": options.n_tpe_trials,
        "tpe_every": options.tpe_every,
        "min_spread": options.min_spread,
        "max_targets": options.max_targets,
        "seed": options.seed,
    }


def _content(recording: RecordedTasks) -> str:
    """A hash of everything in a recording."""
    digest = hashlib.sha256(f"{recording.space.content_key}|{recording.metric}|{recording.direction}".encode())
    for task in recording.tasks:
        digest.update(f"{task.task_id}|{task.left_out_with}".encode())
        for history in (task.truth, task.past):
            digest.update(repr(sorted(history.task.meta_features.values.items())).encode())
            digest.update(repr(history.configurations).encode())
            digest.update(np.ascontiguousarray(history.scores).tobytes())
    return digest.hexdigest()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="a folder, or the name of a table of the knowledge base")
    parser.add_argument("--known", nargs="+", default=["10", "25", "50", "all"], help="trials known of each past task")
    parser.add_argument("--histories", type=int, default=5, help="random choices of the known trials")
    parser.add_argument("--refit", choices=[r.value for r in HoldOut], default=HoldOut.FOLD.value)
    parser.add_argument("--folds", type=int, default=10, help="groups of tasks left out together")
    parser.add_argument("--trials", type=int, default=N_TRIALS, help="of each method")
    parser.add_argument("--tpe-every", type=int, default=3, help="cold TPE on every n-th task; 0: not at all")
    parser.add_argument("--tpe-trials", type=int, default=100)
    parser.add_argument("--max-tasks", type=int, help="leave out a random choice of so many tasks only")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--reference", type=parse_reference, help="a row to print beside: NAME=1:.086,10:.010")
    parser.add_argument("--work", type=Path, default=Path("runs/metadataset"), help="where finished parts are kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
