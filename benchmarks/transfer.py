"""The engine against honest opponents on recorded tables, complete or ragged, with or without meta-features.

    python -m benchmarks.transfer TABLE ... [--half confirming] [--known 50] [--past all] [--histories 3]

TABLE is a folder with space.json, trials.parquet and metafeatures.parquet, or the name of a table of the shipped
knowledge base (wide-classification, ALGORITHM-regression, ...). Tasks fall into two fixed halves: constants
are chosen on the tasks of the one, claims are made on those of the other. Targets are left out in folds with their near
copies; of each past task a random choice of --known trials is known. Nobody knows a target's scale, and everybody's
proposal is answered by the nearest row not tried yet. Random search and TPE try the default first.

With --misleading the engine's past is wrong: the best look worst, scores are shuffled among a task's configurations, or
they are of another metric (seconds). Opponents that know no past are what it must not fall behind then.

What opponents did is stored in --work, under a key made of everything they saw and of their own source; what the engine
did under one with its source. For each table, half and choice of what is known, it prints means, medians and ranks and
writes benchmarks/results/transfer-TABLE-HALF-KNOWN-PAST.json.
"""

import argparse
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import optuna

from benchmarks import transfer_maps, transfer_opponents
from benchmarks.metadataset import engine_digest
from benchmarks.stats import write_results
from benchmarks.transfer_engine import MISLEADING, fit_on_past, tune
from benchmarks.transfer_maps import PastMaps, opponents_maps
from benchmarks.transfer_opponents import MAPLESS, N_SHORT, OPPONENTS, Game
from benchmarks.transfer_report import ENGINE, print_report, summarised
from benchmarks.transfer_table import HALVES, Fold, Material, half_of, load_material, plan_folds
from warmtune.vocabulary.arrays import FloatArray


def main() -> None:
    """Print and write the figures."""
    args = _arguments()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for name in args.table:
        material = load_material(name)
        for known in args.known:
            for past in args.past:
                _one(material, args, known=known, past=past)


def _one(material: Material, args: argparse.Namespace, *, known: int | None, past: int | None) -> None:
    started = time.perf_counter()
    targets = half_of(material, args.half)[: args.max_tasks]
    methods = [*(m for m in args.methods if m != ENGINE), *([ENGINE] if ENGINE in args.methods else [])]
    curves: dict[str, list[FloatArray]] = {method: [] for method in methods}
    for history in range(args.histories):
        folds = plan_folds(material, targets, n_folds=args.folds, n_known=known, n_past=past, history=history)
        for fold in folds:
            work = args.work / material.name
            found = play(material, fold, methods, history=history, work=work, misleading=args.misleading)
            for method, curve in found.items():
                curves[method].append(curve)
    n_targets = len(targets)
    stacked = {m: np.concatenate(c).reshape(args.histories, n_targets, -1) for m, c in curves.items()}
    label = f"{material.name}-{args.half}-{known or 'all'}-{past or 'all'}"
    label += "" if args.misleading is None else f"-{args.misleading}"
    print_report(stacked, heading=f"{label}: {n_targets} tasks, {args.histories} histories")
    print(f"{time.perf_counter() - started:.0f} s")
    if not args.dry:
        body = {"table": material.name, "half": args.half, "known": known, "past": past, "n_tasks": n_targets}
        body["misleading"] = args.misleading
        write_results(f"transfer-{label}", {**body, "n_histories": args.histories, **summarised(stacked)})


def play(  # a fold and what is done with it belong together
    material: Material, fold: Fold, methods: Sequence[str], *, history: int, work: Path, misleading: str | None = None
) -> dict[str, FloatArray]:
    """Every method's regret on the fold's targets, shape ``(n_targets, n_trials)``, from its file where it was run."""
    saw = _digest(material, fold)
    work.mkdir(parents=True, exist_ok=True)
    maps: PastMaps | None = None
    found = {}
    for method in methods:
        own = engine_digest() if method == ENGINE else _source(method)
        wrong = f"|{misleading}" if misleading is not None and method == ENGINE else ""
        path = work / f"{saw}-{hashlib.sha256(f'{method}|{own}|{history}{wrong}'.encode()).hexdigest()[:12]}.npy"
        if not path.is_file():
            if method == ENGINE:
                model = fit_on_past(material, fold, misleading)
                curves = [tune(material, model, int(target), N_SHORT)[1] for target in fold.targets]
            else:
                maps = maps or _kept_maps(material, fold, work / f"{saw}-maps-{_source('maps')}.npz")
                games = [Game(material, fold, maps, int(t), 1000 * history + int(t)) for t in fold.targets]
                curves = [OPPONENTS[method](game) for game in games]
            np.save(path, np.array(curves))
        found[method] = np.load(path)
    return found


def _kept_maps(material: Material, fold: Fold, path: Path) -> PastMaps:
    if not path.is_file():
        maps = opponents_maps(material, fold)
        np.savez(path, mean=maps.mean.astype(np.float32), tried=maps.tried)
    with np.load(path) as stored:
        return PastMaps(stored["mean"].astype(np.float64), stored["tried"])


def _digest(material: Material, fold: Fold) -> str:
    """A hash of all that a method may see."""
    digest = hashlib.sha256(material.name.encode())
    for array in (material.scores, material.features, material.meta, fold.targets, fold.past, *fold.known):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:12]


def _source(method: str) -> str:
    """A hash of what decides an opponent's picks, imports aside: results of different opponents are never mixed."""
    modules = [transfer_opponents] if method in MAPLESS else [transfer_maps, transfer_opponents]
    lines = [line for m in modules for line in Path(str(m.__file__)).read_text().splitlines()]
    code = "\n".join(line for line in lines if not line.startswith(("import ", "from ", "#")))
    return hashlib.sha256(f"{method}|{code}".encode()).hexdigest()[:12]


def _count(text: str) -> int | None:
    return None if text == "all" else int(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="+")
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--known", nargs="+", type=_count, default=[50], help="trials known of each past task, or all")
    parser.add_argument("--past", nargs="+", type=_count, default=[None], help="past tasks, or all")
    parser.add_argument("--histories", type=int, default=3, help="random choices of what is known")
    parser.add_argument("--folds", type=int, default=2, help="groups of targets left out together")
    parser.add_argument("--max-tasks", type=int, default=48, help="of the half")
    parser.add_argument("--methods", nargs="+", default=[*OPPONENTS, ENGINE])
    parser.add_argument("--misleading", choices=list(MISLEADING), help="what is wrong with the engine's past")
    parser.add_argument("--dry", action="store_true", help="write no results")
    parser.add_argument("--work", type=Path, default=Path("runs/transfer"), help="where finished parts are stored")
    return parser.parse_args()


if __name__ == "__main__":
    main()
