"""Can a wrong knowledge base do harm? Meta-features that mislead, scores that lie, a target like none before.

    python -m benchmarks.harm [TABLE ...] [--known 50] [--trials 20] [--processes 2]

Each TABLE is a folder, or the name of a table of the knowledge base (see benchmarks.metadataset). For each of these
the engine's adaptive mode, which gets the true outcomes, is compared after 1, 5, 10 and 20 trials, on the same
targets, with what it must not fall behind by more than 0.02 of normalised regret after 20:

- as it is: nothing is wrong; against the static portfolio.
- permuted: every task has another one's meta-features; against the static portfolio, which uses none.
- negated: the past's scores have the wrong sign, so that the best look worst; against cold TPE.
- unlike: each target's true scores are a smooth random function that has nothing to do with the past's, and its
  meta-features lie far outside; against cold TPE.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import optuna

from benchmarks.knowledge_tables import load_table
from benchmarks.metadataset import MIN_SPREAD, engine_digest, on_folds
from benchmarks.stats import print_table, write_results
from benchmarks.tables import TuningTable
from metamodel.backtest.leave_one_out import BacktestOptions
from metamodel.backtest.records import RecordedTask, RecordedTasks
from metamodel.backtest.replay import Method, Replay
from metamodel.backtest.result import Backtest
from metamodel.maps.history import TaskHistory
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.task import MetaFeatures, Task

TABLES = ("hist_gradient_boosting-classification", "wide-classification", "wide-regression")
ALLOWED = 0.02
N_WAVES = 64
WAVELENGTH = 0.45


def main() -> None:
    """Print the table and write ``results/harm.json``."""
    args = _arguments()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    at = tuple(n for n in (1, 5, 10, 20, 50, 100) if n <= args.trials)
    rows, results = [], []
    for name in args.tables or TABLES:
        table = load_table(name)
        recording = table.recording(n_known=args.known, history=0)
        for scenario, (change, rival) in SCENARIOS.items():
            found = _run(change(recording, table), rival, args, label=f"{table.name}, {scenario}")
            rows += _rows(f"{table.name}, {scenario}", found, rival, at)
            results.append(
                {"table": table.name, "scenario": scenario, "rival": rival.value, **_figures(found, rival, at)}
            )
    print_table(("mean normalised regret after", *map(str, at), "harm"), rows)
    print(f"\nharm: more than {ALLOWED} behind after {at[-1]} trials; intervals are over tasks")
    body = {"engine": engine_digest(), "known": args.known, "scenarios": results}
    print(write_results("harm", body))


def _run(recording: RecordedTasks, rival: Method, args: argparse.Namespace, *, label: str) -> Backtest:
    options = BacktestOptions(
        n_trials=args.trials,
        methods=frozenset({Method.ADAPTIVE, Method.PORTFOLIO, rival}),
        n_folds=args.folds,
        min_spread=MIN_SPREAD,
        max_targets=args.max_tasks,
    )
    replays: list[Replay] = []
    on_folds(recording, options, replays.extend, label=label, n_processes=args.processes)
    return Backtest.of_replays(recording, replays)


def unchanged(recording: RecordedTasks, table: TuningTable) -> RecordedTasks:
    """Nothing is wrong."""
    del table
    return recording


def permuted(recording: RecordedTasks, table: TuningTable) -> RecordedTasks:
    """Every task's meta-features are those of another one."""
    n_tasks = len(table.tasks)
    order = np.random.default_rng(0).permutation(n_tasks)
    giver = np.empty(n_tasks, dtype=int)
    giver[order] = np.roll(order, 1)  # one cycle: nobody keeps its own
    tasks = []
    for i, recorded in enumerate(recording.tasks):
        task = _described(recorded.truth.task, table.tasks[int(giver[i])].meta_features)
        tasks.append(
            replace(recorded, truth=replace(recorded.truth, task=task), known=replace(recorded.past, task=task))
        )
    return replace(recording, tasks=tuple(tasks))


def negated(recording: RecordedTasks, table: TuningTable) -> RecordedTasks:
    """The past says the opposite of the truth."""
    del table
    return _with_tasks(recording, lambda r: replace(r, known=replace(r.past, scores=-r.past.scores)))


def unlike(recording: RecordedTasks, table: TuningTable) -> RecordedTasks:
    """Targets that resemble no past task, neither in what works nor in what describes them."""
    cube = UnitCube(table.space)
    points = cube.features(*cube.encode(table.configurations))
    rng = np.random.default_rng(0)
    values = [task.meta_features.values for task in table.tasks]
    names = sorted(set().union(*values))
    top = {name: max(v[name] for v in values if name in v) for name in names}
    bottom = {name: min(v[name] for v in values if name in v) for name in names}
    far = MetaFeatures({name: top[name] + 10.0 * (top[name] - bottom[name] + 1.0) for name in names})

    def strange(recorded: RecordedTask) -> RecordedTask:
        task = _described(recorded.truth.task, far)
        scores = _smooth(points, rng)
        truth = TaskHistory(task, recorded.truth.configurations, scores, recorded.truth.durations_s)
        return replace(recorded, truth=truth, known=recorded.past)

    return _with_tasks(recording, strange)


SCENARIOS: dict[str, tuple[Callable[[RecordedTasks, TuningTable], RecordedTasks], Method]] = {
    "as it is": (unchanged, Method.PORTFOLIO),
    "permuted": (permuted, Method.PORTFOLIO),
    "negated": (negated, Method.TPE),
    "unlike": (unlike, Method.TPE),
}


def _with_tasks(recording: RecordedTasks, change: Callable[[RecordedTask], RecordedTask]) -> RecordedTasks:
    return replace(recording, tasks=tuple(change(recorded) for recorded in recording.tasks))


def _described(task: Task, meta_features: MetaFeatures) -> Task:
    return Task(task.task_id, task.name, task.kind, meta_features)


def _smooth(points: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A draw of a Gaussian process over points ``(C, D)`` by random waves (Rahimi and Recht, 2007); shape ``(C,)``."""
    frequency = rng.normal(size=(points.shape[1], N_WAVES)) / (WAVELENGTH * np.sqrt(points.shape[1]))
    phase = rng.uniform(0.0, 2.0 * np.pi, size=N_WAVES)
    waves: FloatArray = np.cos(points @ frequency + phase) @ rng.normal(size=N_WAVES) * np.sqrt(2.0 / N_WAVES)
    return waves


def _figures(found: Backtest, rival: Method, at: tuple[int, ...]) -> dict[str, object]:
    differences = {n: found.difference(Method.ADAPTIVE, rival, n) for n in at}
    return {
        "n_tasks": len(found.task_ids),
        "adaptive": {n: found.after(Method.ADAPTIVE, n).mean for n in at},
        "rival_regret": {n: found.after(rival, n).mean for n in at},
        "difference": {n: [d.mean, d.low, d.high] for n, d in differences.items()},
        "harm": differences[at[-1]].mean > ALLOWED,
    }


def _rows(label: str, found: Backtest, rival: Method, at: tuple[int, ...]) -> list[tuple[str, ...]]:
    differences = [found.difference(Method.ADAPTIVE, rival, n) for n in at]
    return [
        (f"{label}: adaptive", *(f"{found.after(Method.ADAPTIVE, n).mean:.4f}" for n in at), ""),
        (f"  {rival}", *(f"{found.after(rival, n).mean:.4f}" for n in at), ""),
        (
            "  adaptive less that",
            *(f"{d.mean:+.4f} [{d.low:+.3f}, {d.high:+.3f}]" for d in differences),
            "YES" if differences[-1].mean > ALLOWED else "no",
        ),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", help=f"by default {', '.join(TABLES)}")
    parser.add_argument("--known", type=int, default=50, help="random trials known of each past task")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--max-tasks", type=int)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
