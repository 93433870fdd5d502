"""Neural surrogates inside the engine: is regret lower with one in the place of the empirical prior?

    python -m benchmarks.maml_engine run TABLE ... [--known 25] [--kind deep_kernel ...] [--role maps suggestions]
    python -m benchmarks.maml_engine table

TABLE is a folder or the name of a table of the knowledge base, as for `benchmarks.metadataset`. Tasks are left out in
five folds; the engine, and the surrogate within it, are learned anew for each. Compared is the normalised regret of
adaptive suggestions, its mean over 1, 2, 3, 5, 10, 15 and 20 trials, paired over tasks: what a refit of the service
decides by. One JSON file under ``runs`` for each (table, known, way), which is not run again.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.knowledge_tables import load_table
from benchmarks.stats import bootstrap_interval, print_table, write_results
from learning.engine_surrogates import EngineSurrogateFit
from learning.refit.surrogate_backtest import CANDIDATES, settings_of
from metamodel.backtest.leave_one_out import BacktestOptions, backtest
from metamodel.backtest.replay import Method
from metamodel.maps.surrogates import SurrogateRole
from warmtune.vocabulary.surrogate_kind import SurrogateKind

PARTS = Path("runs/maml_engine")
AT = (1, 2, 3, 5, 10, 15, 20)
PRIOR = "prior"
N_TASKS = 40


def main() -> None:
    """Run what is missing, or print the table and write ``results/maml_engine.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--known", nargs="+", default=["25"], help="trials known of each past task, or all")
    parser.add_argument("--kind", nargs="+", choices=list(SurrogateKind), default=[str(kind) for kind in CANDIDATES])
    parser.add_argument("--role", nargs="+", choices=list(SurrogateRole), default=list(SurrogateRole))
    parser.add_argument("--steps", type=int, default=600, help="meta-steps; a refit's default")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.what == "table":
        table()
        return
    for name in args.tables:
        for known in args.known:
            run(name, known, PRIOR, None, args.steps)
            for kind in args.kind:
                for role in args.role:
                    run(name, known, str(kind), SurrogateRole(role), args.steps)


def run(name: str, known: str, kind: str, role: SurrogateRole | None, n_steps: int) -> None:
    """Replay one way on one table, unless it was done before."""
    recorded = load_table(name)
    way = kind if role is None else f"{kind}-{role}"
    target = PARTS / f"{recorded.name}-{known}-{way}.json"
    if target.exists():
        return
    recording = recorded.recording(n_known=None if known == "all" else int(known))
    fit = None
    if role is not None:
        settings = settings_of(SurrogateKind(kind), n_steps=n_steps)
        fit = EngineSurrogateFit(recording.space, recording.direction, settings, role)
    options = BacktestOptions(
        n_trials=max(AT),
        methods=frozenset({Method.ADAPTIVE, Method.RECOMMENDED}),
        n_folds=5,
        min_spread=1e-4,
        max_targets=N_TASKS,
    )
    start = time.process_time()
    found = backtest(recording, options, surrogate_fit=fit)
    part = {
        "table": recorded.name,
        "known": known,
        "kind": kind,
        "role": None if role is None else role.value,
        "n_steps": n_steps,
        "seconds": time.process_time() - start,
        "task_ids": found.task_ids,
        "adaptive": found.regret[Method.ADAPTIVE].tolist(),
        "recommended": found.regret[Method.RECOMMENDED].tolist(),
    }
    PARTS.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(part) + "\n")
    print(f"{recorded.name} {known} {way}: {_curve(part)} in {part['seconds']:.0f} s", flush=True)


def table() -> None:
    """All that was run so far, with 95 % bootstrap intervals of the paired differences over tasks."""
    parts = [json.loads(path.read_text()) for path in sorted(PARTS.glob("*.json"))]
    priors = {(p["table"], p["known"]): p for p in parts if p["kind"] == PRIOR}
    results = []
    for part in sorted(parts, key=lambda p: (p["table"], p["known"], p["kind"] != PRIOR, p["kind"], p["role"] or "")):
        entry = {name: part[name] for name in ("table", "known", "kind", "role", "n_steps")}
        entry |= {"n_tasks": len(part["task_ids"]), "adaptive": _curve(part), "difference": None}
        prior = priors[part["table"], part["known"]]
        if part is not prior and part["task_ids"] == prior["task_ids"]:
            gains = _mean_regret(part) - _mean_regret(prior)
            entry["difference"] = [float(gains.mean()), *bootstrap_interval(gains)]
        results.append(entry)
    rows = [
        [
            f"{r['table']} {r['known']} {r['kind']} {r['role'] or ''}",
            *(f"{x:.3f}" for x in r["adaptive"]),
            "" if r["difference"] is None else "{:+.4f} [{:+.4f}, {:+.4f}]".format(*r["difference"]),
        ]
        for r in results
    ]
    print_table(("table, known, way", *(str(n) for n in AT), "with − without"), rows)
    print(write_results("maml_engine", results))


def _curve(part: dict[str, object]) -> list[float]:
    return [float(x) for x in np.array(part["adaptive"]).mean(0)[[n - 1 for n in AT]]]


def _mean_regret(part: dict[str, object]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Of each task, over the numbers of trials."""
    means: np.ndarray[tuple[int], np.dtype[np.float64]] = np.array(part["adaptive"])[:, [n - 1 for n in AT]].mean(1)
    return means


if __name__ == "__main__":
    main()
