"""What the shipped knowledge base is worth, for every search space, and whether more of the past would help.

    python -m benchmarks.knowledge_value [--knowledge FILE] [--parts opponents curve] [--space lightgbm]

Every dataset of a search space is left out once, with its near copies, in groups; the engine learns from the others
and then tunes it on its own recorded trials: it gets the meta-features, then every outcome. All proposals, also the
opponents', are answered by the nearest recorded configuration not tried yet (`benchmarks.transfer_opponents`), so that
nobody finds more than the best of the 8 to 41 recorded ones, and everybody has found it when all are tried.

- opponents: the default alone; random search and Optuna's multivariate TPE, both with the default first; the static
  portfolio of the other datasets; for the boosters AutoGluon's shipped list (`benchmarks.autogluon_portfolio`).
- curve: the same with only 10, 20, 40, 80 of the other datasets known, and with only the first 4 and 8 of the shared
  configurations known of each.

Regret is normalised: 0 at a dataset's best recorded score, 1 at its worst. A difference from the default exceeds noise
if it is more than twice its standard error over the folds; the variance is the mean over a dataset's configurations,
since three folds of one say little. Writes results/knowledge_value.json and results/knowledge_curve.json.
"""

import argparse
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
import optuna

from benchmarks.autogluon_portfolio import portfolio, rows_of
from benchmarks.knowledge_tables import knowledge_table
from benchmarks.knowledge_value_report import (
    PORTFOLIO,
    RANDOM,
    TPE,
    print_curve,
    print_opponents,
    summarised,
    summarised_point,
)
from benchmarks.stats import write_results
from benchmarks.transfer_engine import fit_on_past, tune
from benchmarks.transfer_maps import opponents_maps
from benchmarks.transfer_opponents import Game, default_seeded_tpe, random_search, static_portfolio
from benchmarks.transfer_table import Fold, Material, material_of, plan_folds
from knowledge.pack.base import Table
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metamodel.maps.anchors import configuration_key
from warmtune.vocabulary.arrays import FloatArray

ENGINE: Final = "engine"
AUTOGLUON: Final = "AutoGluon's list"
N_TRIALS: Final = 10
N_COLD: Final = 41
"""Trials of what starts cold: as many as any table has."""
MIN_TASKS: Final = 20
"""A search space that fewer datasets tried is left out."""
MIN_CURVE_TASKS: Final = 80
"""A curve over past tasks needs so many."""
PAST: Final = (10, 20, 40, 80, None)
KNOWN: Final = (4, 8)
MIN_SPREAD: Final = 1e-4


def main() -> None:
    """Print both tables and write both files."""
    args = _arguments()
    started = time.perf_counter()
    base = read_knowledge(args.knowledge, details=True)
    tables = [t for t in base.main_tables if len(t.full().task_ids) >= MIN_TASKS]
    tables = [t for t in tables if not args.space or t.search_space in args.space]
    materials = [material_of(knowledge_table(base, t.search_space, next(iter(t.kinds)))) for t in tables]
    print(f"knowledge base {base.version}: {len(base.tasks)} tasks, {len(materials)} tables\n", flush=True)
    with ProcessPoolExecutor(args.workers, mp_context=get_context("spawn"), initializer=_quiet) as pool:
        if "opponents" in args.parts:
            noises = [noise_of(m, t) for m, t in zip(materials, tables, strict=True)]
            results = list(_reported(pool.map(opponents_of, materials, noises, repeat(args.groups))))
            print_opponents(results)
            print(write_results("knowledge_value", {"version": base.version, "tables": results}))
        if "curve" in args.parts:
            wide = [m for m in materials if len(m.scores) >= MIN_CURVE_TASKS]
            points = curve_points(wide, pool, max_targets=args.max_targets, histories=args.histories)
            print_curve(points)
            body = {"version": base.version, **_asked_of(wide, args), "points": points}
            print(write_results("knowledge_curve", body))
    print(f"{time.perf_counter() - started:.0f} s")


def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


def _reported(results: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    for result in results:
        print(f"{result['table']}: {result['n_tasks']} datasets, done", flush=True)
        yield result


def opponents_of(material: Material, noise: FloatArray, n_groups: int) -> dict[str, object]:
    """Every method on every dataset of one table, each left out once."""
    targets = varying(material, np.random.default_rng(0).permutation(len(material.scores)))
    curves: dict[str, list[FloatArray]] = {}
    for fold in plan_folds(material, targets, n_folds=n_groups, n_known=None, n_past=None, history=0):
        for method, found in play(material, fold).items():
            curves.setdefault(method, []).extend(found)
    order = np.concatenate([targets[fold::n_groups] for fold in range(min(n_groups, len(targets)))])
    return summarised(material, order, {m: np.array(c) for m, c in curves.items()}, noise[order], engine=ENGINE)


def play(material: Material, fold: Fold) -> dict[str, list[FloatArray]]:
    """Least regret after each trial of every method on the fold's targets, at least `N_TRIALS` long each."""
    model, maps = fit_on_past(material, fold), opponents_maps(material, fold)
    curves: dict[str, list[FloatArray]] = {}
    for target in map(int, fold.targets):
        game = Game(material, fold, maps, target, seed=target)
        curves.setdefault(ENGINE, []).append(tune(material, model, target, N_TRIALS)[1])
        curves.setdefault(RANDOM, []).append(random_search(game)[:N_COLD])
        curves.setdefault(TPE, []).append(default_seeded_tpe(game)[:N_COLD])
        curves.setdefault(PORTFOLIO, []).append(static_portfolio(game)[:N_TRIALS])
        listed = portfolio(material.name.rpartition("-")[0], material.table.space)
        if listed:
            rows = game.with_random(rows_of(game, listed))
            curves.setdefault(AUTOGLUON, []).append(game.curve(rows, N_TRIALS))
    return curves


def varying(material: Material, tasks: Sequence[int] | np.ndarray) -> np.ndarray:
    """Those of the tasks on which it matters what is chosen."""
    spread = np.nanmax(material.scores, axis=1) - np.nanmin(material.scores, axis=1)
    return np.array([t for t in tasks if spread[t] > MIN_SPREAD], dtype=np.intp)


def noise_of(material: Material, table: Table) -> FloatArray:
    """Standard error of a difference from the default, in the metric's units, shape ``(T,)``.

    The root of the mean over configurations of the variance of the folds' paired differences, over the folds. Where
    no folds are recorded (the first edition's pairs) the median of the other datasets.
    """
    folds = table.details.folds.get(material.table.metric) if table.details is not None else None
    if folds is None:
        return np.zeros(len(material.scores))
    row = {task_id: i for i, task_id in enumerate(table.task_ids)}
    first = {configuration_key(c): i for i, c in enumerate(table.configurations)}
    columns = [first[configuration_key(c)] for c in material.table.configurations if configuration_key(c) in first]
    own = folds[np.ix_([row[t.task_id] for t in material.table.tasks], columns)]
    off = own - own[:, [material.default]]
    others = np.delete(off, material.default, axis=1)
    variance = ((others - others.mean(axis=2, keepdims=True)) ** 2).sum(axis=2) / (others.shape[2] - 1)
    known = np.isfinite(variance).any(axis=1)
    found = np.full(len(own), np.nan)
    found[known] = np.sqrt(np.nanmean(variance[known], axis=1) / own.shape[2])
    found[~known] = np.median(found[known]) if known.any() else 0.0
    return found


def curve_points(
    materials: Sequence[Material], pool: Executor, *, max_targets: int, histories: int
) -> list[dict[str, object]]:
    """Regret of the engine and of the static portfolio for every amount of past, over all given tables alike.

    Targets are the same at every point. Of past tasks and of configurations `histories` random choices of tasks are
    averaged; configurations are the first shared ones, as a backfill runs them.
    """
    amounts: list[tuple[int | None, int | None]] = [(past, None) for past in PAST] + [(None, known) for known in KNOWN]
    parts = [
        (m, past, known, max_targets, 1 if past is None else histories) for past, known in amounts for m in materials
    ]
    found = list(pool.map(_at_amount, *zip(*parts, strict=True)))
    points = []
    for turn, (past, known) in enumerate(amounts):
        own = found[turn * len(materials) : (turn + 1) * len(materials)]
        curves = {method: np.concatenate([curve[method] for curve in own]) for method in (ENGINE, PORTFOLIO)}
        points.append(summarised_point(past, known, curves))
    return points


def _at_amount(
    material: Material, past: int | None, known: int | None, max_targets: int, histories: int
) -> Mapping[str, FloatArray]:
    targets = varying(material, np.random.default_rng(1).permutation(len(material.scores)))[:max_targets]
    order = np.argsort(np.concatenate([np.arange(len(targets))[fold::2] for fold in range(2)]))
    each: dict[str, list[FloatArray]] = {}
    for history in range(histories):
        curves: dict[str, list[FloatArray]] = {}
        for fold in plan_folds(material, targets, n_folds=2, n_known=None, n_past=past, history=history):
            kept = fold if known is None else Fold(fold.targets, fold.past, tuple(k[k < known] for k in fold.known))
            model, maps = fit_on_past(material, kept), opponents_maps(material, kept)
            for target in map(int, kept.targets):
                game = Game(material, kept, maps, target, seed=1000 * history + target)
                curves.setdefault(ENGINE, []).append(tune(material, model, target, N_TRIALS)[1])
                curves.setdefault(PORTFOLIO, []).append(static_portfolio(game)[:N_TRIALS])
        for method, found in curves.items():
            each.setdefault(method, []).append(np.array(found)[order])
    return {method: np.mean(found, axis=0) for method, found in each.items()}


def _asked_of(materials: Sequence[Material], args: argparse.Namespace) -> dict[str, object]:
    return {
        "tables": [m.name for m in materials],
        "n_tasks": [len(m.scores) for m in materials],
        "max_targets": args.max_targets,
        "histories": args.histories,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--knowledge", type=Path, default=SHIPPED)
    parser.add_argument("--parts", nargs="+", choices=("opponents", "curve"), default=["opponents", "curve"])
    parser.add_argument("--space", action="append", help="only these search spaces")
    parser.add_argument("--groups", type=int, default=6, help="of datasets that are left out together")
    parser.add_argument("--max-targets", type=int, default=40, help="of each table, for the curve")
    parser.add_argument("--histories", type=int, default=2, help="random choices of past tasks, for the curve")
    parser.add_argument("--workers", type=int, default=2, help="processes, each with one thread")
    return parser.parse_args()


if __name__ == "__main__":
    main()
