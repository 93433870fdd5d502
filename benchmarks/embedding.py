"""What likeness of tasks is worth: equal weights, plain distances, the learned embedding, and the ceiling.

    python -m benchmarks.embedding TABLE ... [--known 50] [--histories 3] [--folds 10] [--processes 2]

TABLE as for benchmarks.metadataset. Every task is left out once (in folds), and the engine recommends and suggests for
it with the same maps but other weights of the past tasks:

- uniform: all alike;
- L1: ``exp(-d / sd(d))`` with the mean absolute difference d of standardised raw meta-features, as auto-sklearn ranks;
- learned: the task embedding, as the engine uses it;
- ceiling: ``exp(8 r)`` with the true correlation r of the target's scores and each past map, which no real embedding
  can know.

Printed: mean squared error of the weighted mean map, mean normalised regret of the recommended batch and of the
adaptive suggestions, with 95 % intervals over tasks; and the share of the way from uniform to ceiling.
"""

import argparse
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.knowledge_tables import load_table
from benchmarks.metadataset import MIN_SPREAD, engine_digest
from benchmarks.stats import bootstrap_interval, print_table, write_results
from metamodel.answers.recommendations import recommend
from metamodel.answers.suggestions import suggest
from metamodel.answers.weights import TaskWeights
from metamodel.backtest.baselines import best_so_far, rows_of_batch
from metamodel.backtest.leave_one_out import BacktestFold, BacktestOptions, plan_folds
from metamodel.backtest.records import RecordedTasks, TargetTable
from metamodel.backtest.replay import replay_adaptive
from metamodel.embedding.neighbours import MetaFeatureScaler, distances
from metamodel.engine import SpaceModel, fit_model
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.trial import Trial

KINDS = ("uniform", "L1", "learned", "ceiling")
AT = (1, 2, 3, 5, 10, 20)
SHARPNESS = 8.0


@dataclass(frozen=True, slots=True)
class Weighted:
    """An advisor that answers with given weights."""

    model: SpaceModel
    weights: TaskWeights

    def recommend(self, n: int) -> Sequence[Configuration]:
        """See `metamodel.backtest.replay.Advisor`."""
        answer = recommend(self.model, self.weights, n=n, time_budget_s=None, seed=0)
        return [ranked.configuration for ranked in answer.configurations]

    def suggest(self, trials: Sequence[Trial]) -> Configuration | None:
        """See `metamodel.backtest.replay.Advisor`."""
        answer = suggest(self.model, self.weights, trials, n=1, pending=(), seed=len(trials))
        return answer.configurations[0].configuration if answer.configurations else None


def main() -> None:
    """Print a table for each tuning table and write one JSON."""
    args = _arguments()
    content = []
    for name in args.table:
        table = load_table(name)
        known = None if args.known == "all" else int(args.known)
        n_histories = 1 if known is None or known >= len(table.configurations) else args.histories
        by_task: dict[str, dict[str, list[list[float]]]] = {}
        for history in range(n_histories):
            recording = table.recording(n_known=known, history=history)
            for task_id, found in _on_folds(recording, args, f"{table.name}, history {history + 1} of {n_histories}"):
                for kind, figures in found.items():
                    by_task.setdefault(kind, {}).setdefault(task_id, []).append(figures)
        matrices = {kind: np.array([np.mean(figures, axis=0) for figures in by_task[kind].values()]) for kind in KINDS}
        n_tasks = len(matrices["uniform"])
        print(f"\n{table.name}: {n_tasks} tasks, {args.known} known trials of each past task, {n_histories} histories")
        columns = ("map error", *(f"batch {n}" for n in AT), *(f"adaptive {n}" for n in AT))
        print_table(("weights", *columns), [(k, *(f"{x:.4f}" for x in matrices[k].mean(axis=0))) for k in KINDS])
        gain = matrices["learned"] - matrices["uniform"]
        limits = [bootstrap_interval(gain[:, i]) for i in range(gain.shape[1])]
        print_table(
            ("learned - uniform", *columns),
            [
                ("mean", *(f"{x:+.4f}" for x in gain.mean(axis=0))),
                ("95 %", *(f"[{low:+.3f},{high:+.3f}]" for low, high in limits)),
            ],
        )
        content.append(
            {
                "table": table.name,
                "known": args.known,
                "n_histories": n_histories,
                "n_tasks": n_tasks,
                "engine": engine_digest(),
                "columns": columns,
                "means": {kind: matrices[kind].mean(axis=0).round(5).tolist() for kind in KINDS},
                "learned_minus_uniform": [[float(g), *i] for g, i in zip(gain.mean(axis=0), limits, strict=True)],
            }
        )
    print(f"\n{write_results('embedding', content)}")


def _on_folds(
    recording: RecordedTasks, args: argparse.Namespace, label: str
) -> list[tuple[str, dict[str, list[float]]]]:
    folds = plan_folds(recording, BacktestOptions(n_folds=args.folds, min_spread=MIN_SPREAD))
    result: list[tuple[str, dict[str, list[float]]]] = []
    with (
        Progress(console=Console(stderr=True)) as progress,
        ProcessPoolExecutor(args.processes, mp_context=multiprocessing.get_context("fork")) as pool,
    ):
        bar = progress.add_task(label, total=sum(len(fold.targets) for fold in folds))
        running = {pool.submit(_fold, recording, fold): fold for fold in folds}
        for done in as_completed(running):
            result += done.result()
            progress.advance(bar, len(running[done].targets))
    return result


def _fold(recording: RecordedTasks, fold: BacktestFold) -> list[tuple[str, dict[str, list[float]]]]:
    past = [recording.tasks[position].past for position in fold.past]
    model = fit_model(recording.space, past, metric=recording.metric, direction=recording.direction)
    found = []
    for position in fold.targets:
        target = recording.tasks[position]
        table = TargetTable.of(recording, target)
        found.append((target.task_id, figures_of(model, table, target.past.task.meta_features)))
    return found


def figures_of(model: SpaceModel, table: TargetTable, meta_features: MetaFeatures) -> dict[str, list[float]]:
    """By kind of weights: map error, regrets of the batch, regrets of the adaptive suggestions."""
    maps = model.maps
    assert maps is not None  # there are past tasks
    truth = 1.0 - np.array([table.regret[table.nearest(anchor)] for anchor in maps.anchors])
    known = model.weigh(meta_features)
    result: dict[str, list[float]] = {}
    for kind in KINDS:
        near = _near(kind, model, known, meta_features, truth)
        weights = replace(known, near=near, strategy=Strategy.NEIGHBOURS)
        advisor = Weighted(model, weights)
        n_trials = min(max(AT), table.n_configurations)
        batch = best_so_far(
            table.regret, rows_of_batch(table, advisor.recommend(n_trials), n_trials=n_trials, seed=0), n_trials=max(AT)
        )
        adaptive = best_so_far(table.regret, replay_adaptive(table, advisor, n_trials=n_trials), n_trials=max(AT))
        error = float(((near @ maps.mean - truth) ** 2)[: maps.n_tried].mean())
        result[kind] = [error, *(float(batch[n - 1]) for n in AT), *(float(adaptive[n - 1]) for n in AT)]
    return result


def _near(
    kind: str, model: SpaceModel, known: TaskWeights, meta_features: MetaFeatures, truth: FloatArray
) -> FloatArray:
    if kind == "uniform":
        return known.uniform
    if kind == "learned":
        return known.near
    maps = model.maps
    assert maps is not None  # there are past tasks
    if kind == "L1":
        tasks = [history.task.meta_features for history in model.histories]
        scaler = MetaFeatureScaler.fit([*tasks, meta_features])
        apart = distances(scaler.transform([meta_features])[0], scaler.transform(tasks))
        near: FloatArray = np.exp((apart.min() - apart) / max(float(apart.std()), 1e-9))
    else:
        centred = maps.mean - maps.mean.mean(axis=1, keepdims=True)
        own = truth - truth.mean()
        norms = np.linalg.norm(centred, axis=1) * np.linalg.norm(own)
        near = np.exp(SHARPNESS * (centred @ own) / np.maximum(norms, 1e-12))
    scaled: FloatArray = near / near.sum()
    return scaled


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="+")
    parser.add_argument("--known", default="50", help="random trials known of each past task, or all")
    parser.add_argument("--histories", type=int, default=3)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
