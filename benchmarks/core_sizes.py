"""How many tasks must teach the prior: regret of recommendations on a recorded table, by the size of the core.

    python -m benchmarks.core_sizes TABLE [--cores 100 150 200] [--half development] [--histories 2]

All past tasks answer in each case; of more than the core's, only the core teaches anchors, prior, embedding, forest and
the rules for first configurations (`metamodel.large`). Targets are left out in two groups, with their near copies; 50
trials are known of each past task. Prints mean regret after 1, 3, 5 and 10 recommendations, and differences to the
model that all tasks teach with 95 % bootstrap intervals over targets. Writes results/core-sizes-TABLE.json.
"""

import argparse
from typing import Final

import numpy as np

from benchmarks.stats import bootstrap_interval, print_table, write_results
from benchmarks.transfer_engine import without_anchors
from benchmarks.transfer_table import HALVES, Fold, Material, half_of, load_material, plan_folds
from metamodel.answers.recommendations import recommend
from metamodel.backtest.records import normalised_regret
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.anchors import configuration_key
from warmtune.vocabulary.arrays import FloatArray

AT: Final = (1, 3, 5, 10)
ALL: Final = 10**9


def main() -> None:
    """Print and write the figures of one table."""
    args = _arguments()
    material = load_material(args.table)
    targets = half_of(material, args.half)[: args.max_tasks]
    regrets: dict[int, list[FloatArray]] = {core: [] for core in (*args.cores, ALL)}
    n_past = 0
    for history in range(args.histories):
        for fold in plan_folds(material, targets, n_folds=2, n_known=args.known, n_past=None, history=history):
            n_past = len(fold.past)
            for core, found in regrets.items():
                found.append(regret_with(material, fold, core))
    by_core = {
        core: np.concatenate(found).reshape(args.histories, -1, len(AT)).mean(axis=0) for core, found in regrets.items()
    }
    rows, results = [], []
    for core, regret in by_core.items():
        off = regret - by_core[ALL]
        intervals = [bootstrap_interval(off[:, column]) for column in range(len(AT))]
        name = "all" if core == ALL else str(core)
        results.append(
            {
                "core": None if core == ALL else core,
                "regret": regret.mean(axis=0).tolist(),
                "difference": [[float(off[:, i].mean()), *interval] for i, interval in enumerate(intervals)],
            }
        )
        differences = [f"{off[:, i].mean():+.4f} [{low:+.3f}, {high:+.3f}]" for i, (low, high) in enumerate(intervals)]
        rows.append(
            (name, *(f"{x:.4f}" for x in regret.mean(axis=0)), *([""] * len(AT) if core == ALL else differences))
        )
    print(
        f"{material.name}, {args.half} half: {len(targets)} targets, {n_past} past tasks, {args.histories} histories\n"
    )
    print_table(("core", *(f"after {n}" for n in AT), *(f"- all, {n}" for n in AT)), rows)
    body = {"table": material.name, "half": args.half, "n_targets": len(targets), "n_past": n_past, "at": AT}
    print(write_results(f"core-sizes-{material.name}", {**body, "n_histories": args.histories, "cores": results}))


def regret_with(material: Material, fold: Fold, core: int) -> FloatArray:
    """Least regret after so many recommendations on each target of a fold, shape ``(n_targets, len(AT))``."""
    table = material.table
    histories = [table.history(int(task), at) for task, at in zip(fold.past, fold.known, strict=True)]
    model = fit_model(table.space, histories, metric=table.metric, direction=table.direction, core_tasks=core)
    return np.array([_on_target(material, model, int(target)) for target in fold.targets])


def _on_target(material: Material, model: SpaceModel, target: int) -> list[float]:
    table = material.table
    has = np.flatnonzero(material.recorded(target))
    missing = {configuration_key(table.configurations[int(i)]) for i in np.flatnonzero(~material.recorded(target))}
    history = table.history(target, has)
    narrowed, weights = model.narrowed(history.task.meta_features)
    answer = recommend(
        without_anchors(narrowed, missing) if missing else narrowed, weights, n=max(AT), time_budget_s=None, seed=0
    )
    regret = normalised_regret(history.scores, table.direction)
    at = {configuration_key(table.configurations[int(row)]): place for place, row in enumerate(has)}
    found = [float(regret[at[key]]) for r in answer.configurations if (key := configuration_key(r.configuration)) in at]
    return [min(found[:n], default=1.0) for n in AT]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("--cores", type=int, nargs="+", default=[100, 150, 200])
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--known", type=int, default=50, help="trials known of each past task")
    parser.add_argument("--histories", type=int, default=2, help="random choices of what is known")
    parser.add_argument("--max-tasks", type=int, default=60, help="of the half")
    return parser.parse_args()


if __name__ == "__main__":
    main()
