"""An in-context model of a search space against the engine and honest opponents, and its curve over past tasks.

    python -m benchmarks.in_context FOLDER [--half confirming] [--known 50] [--past 10 20 40 80 all] [--engine 10 all]

A set transformer is trained on the past tasks' known trials alone: some trials of a task are shown, with the
configurations' prior (trees over all tasks, shrunk means, evidence) and the meta-features, and the distribution of
other trials' gain over the best shown is asked for. A new study's trial is the configuration of greatest expected
improvement. Split, opponents and regret are `benchmarks.transfer`'s; on the development half no confirming task is seen
at all. All models are trained at once, for --seconds: minutes on a GPU, hours on a CPU; --width and --layers make it
smaller. With --engine the engine plays too for these numbers of past tasks; its first three trials begin a study that
the in-context model goes on with; and the two take turns, the engine seeing its own trials only.

Prints means and medians, and writes benchmarks/results/in-context-TABLE-HALF-KNOWN.json.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import optuna
import torch

from benchmarks.in_context_network import Shape
from benchmarks.in_context_past import Pasts, Table, folds_of
from benchmarks.in_context_play import curves_of, play_in_context, portfolio_rows
from benchmarks.in_context_training import Settings, Trainer
from benchmarks.stats import bootstrap_interval, print_table, write_results
from benchmarks.transfer import play
from benchmarks.transfer_engine import fit_on_past, tune
from benchmarks.transfer_maps import opponents_maps
from benchmarks.transfer_opponents import OPPONENTS
from benchmarks.transfer_report import ENGINE
from benchmarks.transfer_table import HALVES, Fold, Material, load_material
from warmtune.vocabulary.arrays import FloatArray, IntArray

N_TRIALS: Final = 20
AT: Final = (1, 3, 5, 10, 20)
FIRST: Final = (1, 3, 5)
"""Trials of the static portfolio before the model's own."""
LED: Final = 3
"""Trials of the engine before the model's own."""
QUICK: Final = tuple(name for name in OPPONENTS if "TPE" not in name)

Curves = dict[str, list[FloatArray]]
"""By method, a list over folds of shape ``(n_targets, N_TRIALS)``."""


def main() -> None:
    """Train, play, print and write."""
    args = _arguments()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    material = load_material(args.table)
    folds = {
        past: [
            (history, fold)
            for history in range(args.histories)
            for fold in folds_of(material, args.half, n_known=args.known, n_past=past, history=history)
        ]
        for past in args.past
    }
    every = [fold for found in folds.values() for _, fold in found]
    device = torch.device(args.device)
    table, pasts = Table.of(material, device), Pasts.of(material, [f for f in every for _ in range(args.seeds)], device)
    shape = Shape(material.features.shape[1], table.described.shape[1], args.width, args.layers)
    settings = Settings(args.seconds, warp=args.warp, mix=args.mix)
    trainer = Trainer(table, pasts, shape, settings, seed=args.seed)
    print(f"{trainer.n_models} models of {trainer.flat.shape[1]} parameters on {device}", flush=True)
    trainer.train()
    points, at = [], 0
    for past, found in folds.items():
        curves: Curves = {}
        for history, fold in found:
            models = list(range(at, at + args.seeds))
            at += args.seeds
            _play_fold(material, fold, trainer, models, curves, history=history, args=args, leads=past in args.engine)
        learned = [name for name in curves if name.startswith("in context")]
        found_here = summary(curves, n_histories=args.histories, learned=learned)
        points.append({"past": past, "n_seeds": args.seeds, **found_here})
        print_point(f"{past or 'all'} past tasks, {args.known or 'all'} known of each", points[-1])
    body = {"table": material.name, "half": args.half, "known": args.known}
    write_results(f"in-context-{material.name}-{args.half}-{args.known or 'all'}", {**body, "points": points})


def _play_fold(
    material: Material,
    fold: Fold,
    trainer: Trainer,
    models: Sequence[int],
    curves: Curves,
    *,
    history: int,
    args: argparse.Namespace,
    leads: bool,
) -> None:
    """Add every method's curves on one fold."""

    def add(name: str, found: FloatArray) -> None:
        curves.setdefault(name, []).append(found[:, :N_TRIALS])

    def go_on(first: IntArray, in_turn: IntArray | None = None) -> FloatArray:
        rows = play_in_context(trainer, models, fold.targets, first, N_TRIALS, in_turn)
        return curves_of(material, fold.targets, rows)

    for method, curve in play(material, fold, args.methods, history=history, work=args.work / material.name).items():
        add(method, curve)
    maps = opponents_maps(material, fold)
    portfolio = portfolio_rows(material, fold, maps, max(FIRST))
    for n in FIRST:
        add(f"in context after {n} of the portfolio", go_on(portfolio[:, :n]))
    if leads:
        model = fit_on_past(material, fold)
        tuned = [tune(material, model, int(target), N_TRIALS) for target in fold.targets]
        add(ENGINE, np.array([curve for _, curve in tuned]))
        rows = np.array([tried for tried, _ in tuned])
        add(f"in context after {LED} of the engine", go_on(rows[:, :LED]))
        add("in context and engine in turn", go_on(rows[:, :1], rows))


def summary(curves: Mapping[str, Sequence[FloatArray]], *, n_histories: int, learned: Sequence[str]) -> dict[str, Any]:
    """Means with 95 % intervals over tasks, medians, and how much less each learned method has than every other one.

    Args:
        curves: By method, what all folds of all histories gave, in one order; each history has the same targets.
        n_histories: A task's curves are averaged over these.
        learned: Methods that are compared with all others.
    """
    joined = {name: np.concatenate(found) for name, found in curves.items()}
    tasks = {name: c.reshape(n_histories, -1, c.shape[1]).mean(axis=0) for name, c in joined.items()}
    others = [name for name in tasks if name not in learned]
    return {
        "n_histories": n_histories,
        "n_tasks": len(next(iter(tasks.values()))),
        "mean": {name: {str(n): _interval(c[:, n - 1]) for n in AT} for name, c in tasks.items()},
        "median": {name: {str(n): round(float(np.median(c[:, n - 1])), 5) for n in AT} for name, c in joined.items()},
        "less": {
            name: {
                other: {str(n): _interval(tasks[name][:, n - 1] - tasks[other][:, n - 1]) for n in AT}
                for other in others
            }
            for name in learned
        },
    }


def _interval(values: FloatArray) -> list[float]:
    return [round(x, 5) for x in (float(values.mean()), *bootstrap_interval(values))]


def print_point(heading: str, point: Mapping[str, Any]) -> None:
    """Print a `summary`."""
    print(f"\n{heading}: {point['n_tasks']} tasks, {point['n_histories']} histories")
    for what in ("mean", "median"):
        rows = []
        for name, by_n in point[what].items():
            cells = [f"{x[0]:.4f} [{x[1]:.4f}, {x[2]:.4f}]" if what == "mean" else f"{x:.4f}" for x in by_n.values()]
            rows.append((name, *cells))
        print_table((f"{what} regret after", *map(str, AT)), rows)


def count_of(text: str) -> int | None:
    """A number; None for "all"."""
    return None if text == "all" else int(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="a folder, or a table of the shipped knowledge base")
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--known", type=count_of, default=50, help="trials known of each past task, or all")
    parser.add_argument("--past", nargs="+", type=count_of, default=[None], help="past tasks, or all")
    parser.add_argument(
        "--engine", nargs="*", type=count_of, default=[], help="numbers of past tasks with the engine too"
    )
    parser.add_argument("--histories", type=int, default=3, help="random choices of what is known")
    parser.add_argument("--methods", nargs="+", default=list(QUICK), choices=list(OPPONENTS), help="opponents")
    parser.add_argument("--seeds", type=int, default=2, help="models of one past, whose predictions are averaged")
    parser.add_argument("--seconds", type=float, default=180.0, help="of training, for all models together")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--warp", type=float, default=0.375, help="of training tasks' scores")
    parser.add_argument("--mix", type=float, default=0.0, help="share of training tasks mixed with another")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--work", type=Path, default=Path("runs/transfer"), help="where opponents' curves are kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
