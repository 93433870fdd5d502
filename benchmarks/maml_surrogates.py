"""Surrogates of real tuning data: how well are unseen configurations of an unseen task predicted from few trials?

    python -m benchmarks.maml_surrogates run FOLDER ... [--known 25 10 50] [--kind maml ...]
    python -m benchmarks.maml_surrogates table

Tasks are left out in three folds; each PAST task is known by ``known`` random trials only. Of each left-out task 0,
2, 5 and 10 random trials are observed, in raw scores: every method has to estimate the task's scale itself. Judged on
200 other configurations: Spearman's rank correlation, and mean log-density in units of the task's own standard
deviation (each row's at least -10: else one task whose first trials score all the same decides the mean). Regret:
mean normalised regret of the best configuration after 1 to 20 trials, chosen one by one by expected improvement over
all recorded configurations (the first by the mean), nothing observed before. The learned acquisition chooses by its own
policy, among its own candidates of them; its ranks and densities are those of its belief.

One JSON file under ``runs`` for each (folder, known, method), which is not run again.
"""

import argparse
import json
import re
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import ConstantInputWarning, spearmanr

from benchmarks.learned_policy import LEARNED, LearnedPolicy, learned_policy
from benchmarks.stats import RESULTS, bootstrap_interval, print_table, write_results
from benchmarks.surrogate_baselines import engine_prior, own_process
from benchmarks.tuning_tables import TuningTable, read_table
from maml.surrogates.meta_training import SurrogateSettings, fit_surrogate
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import Points, TuningTask
from maml.training.job import TrainingSettings
from maml.training.outer_loop import OuterSettings
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.surrogate_kind import SurrogateKind

PARTS = Path("runs/maml_surrogates")
OBSERVED = (0, 2, 5, 10)
REGRET_AT = (1, 2, 3, 5, 10, 20)
LEAST_DENSITY = -10.0
N_FOLDS, N_JUDGED, REGRET_EVERY = 3, 200, 2

Indices = NDArray[np.intp]
Predictor = Callable[[int, Indices, Indices], tuple[FloatArray, FloatArray]]
"""(task, observed, asked) -> mean and standard deviation of the asked configurations' scores."""
Chooser = Callable[[int, Indices], int]
"""(task, observed) -> the configuration to try next."""
Method = Callable[[TuningTable, Indices, list[Indices], int], Predictor]
"""(table, past tasks, their known configurations, seed) -> predictor."""


def main() -> None:
    """Run what is missing, or print the table and write ``results/maml_surrogates.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--known", nargs="+", type=int, default=[25, 10, 50])
    parser.add_argument("--kind", nargs="+", choices=list(methods()), default=list(methods()))
    parser.add_argument("--steps", type=int, default=1_000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.what == "table":
        table()
        return
    tables = [read_table(folder) for folder in args.folders]
    for known in args.known:
        for kind in args.kind:
            for recorded in tables:
                run(recorded, known, kind, methods(args.steps)[kind])


def methods(n_steps: int = 1_000) -> dict[str, Method]:
    """All methods, in the order of their runs."""
    closed: dict[str, Method] = {REFERENCE: engine_prior, "process on own trials": own_process}
    plain: dict[str, Method] = {
        str(kind): partial(neural, kind=kind, n_steps=n_steps, described=False) for kind in SurrogateKind
    }
    kinds = (SurrogateKind.DEEP_KERNEL, SurrogateKind.MARGINAL_LAST_LAYER)
    described: dict[str, Method] = {
        f"{kind} with embedding": partial(neural, kind=kind, n_steps=n_steps, described=True) for kind in kinds
    }
    learned: dict[str, Method] = {LEARNED: partial(learned_policy, n_steps=n_steps)}
    return closed | plain | described | learned


def neural(
    table: TuningTable,
    past: Indices,
    known: list[Indices],
    seed: int,
    *,
    kind: SurrogateKind,
    n_steps: int,
    described: bool,
) -> Predictor:
    """A surrogate of this house."""
    points = Points(table.cube, table.active)
    tasks = [
        TuningTask(points.take(at), table.scores[task, at], table.meta_features[task])
        for task, at in zip(past, known, strict=True)
    ]
    settings = SurrogateSettings(
        kind=kind,
        reads_embedding=described,
        training=TrainingSettings(
            n_steps=n_steps, check_every=100, patience=4, seed=seed, outer=OuterSettings(rate=2e-3, decay_steps=n_steps)
        ),
    )
    surrogate: NeuralSurrogate = fit_surrogate(tasks, settings)

    def predict(task: int, observed: Indices, asked: Indices) -> tuple[FloatArray, FloatArray]:
        return surrogate.predict(
            points.take(observed), table.scores[task, observed], points.take(asked), table.meta_features[task]
        )

    return predict


def run(table: TuningTable, n_known: int, name: str, method: Method) -> None:
    """Judge one method on one table, unless it was done before."""
    target = PARTS / f"{table.name}-{n_known}-{re.sub(r'[^a-z_]+', '_', name)}.json"
    if target.exists():
        return
    rng = np.random.default_rng(n_known)  # the same folds and trials for all methods
    n_tasks, n_configurations = table.scores.shape
    known = [rng.choice(n_configurations, n_known, replace=False) for _ in range(n_tasks)]
    order = [rng.permutation(n_configurations) for _ in range(n_tasks)]
    fold_of = rng.permutation(n_tasks) % N_FOLDS
    spread = table.scores.max(1) - table.scores.min(1)
    judged: dict[str, dict[str, list[float]]] = {}
    fit_s = ask_s = 0.0
    for fold in range(N_FOLDS):
        past = np.flatnonzero((fold_of != fold) & (spread > 1e-4))
        start = time.process_time()
        predict = method(table, past, [known[t] for t in past], fold)
        fit_s += time.process_time() - start
        start = time.process_time()
        targets = np.flatnonzero((fold_of == fold) & (spread > 1e-4))
        for i, task in enumerate(targets):
            judged[table.tasks[task]] = judge(table, int(task), predict, order[task])
            if i % REGRET_EVERY == 0:
                choose = predict.choose if isinstance(predict, LearnedPolicy) else partial(improve, table, predict)
                judged[table.tasks[task]]["regret"] = regret(table, int(task), choose)
        ask_s += time.process_time() - start
    result = {
        "table": table.name,
        "known": n_known,
        "method": name,
        "fit_s": fit_s / N_FOLDS,
        "ask_s": ask_s,
        "tasks": judged,
    }
    PARTS.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, allow_nan=False) + "\n")
    means = {key: np.round(np.mean([t[key] for t in judged.values() if key in t], 0), 3).tolist() for key in KEYS}
    print(table.name, n_known, name, means, f"fit {fit_s / N_FOLDS:.0f} s, asked {ask_s:.0f} s", flush=True)


REFERENCE = "engine's prior"
KEYS = ("rank", "density", "regret")


def judge(table: TuningTable, task: int, predict: Predictor, order: Indices) -> dict[str, list[float]]:
    """Rank correlation and log-density after each number of observed trials."""
    truth, unit = table.scores[task], table.scores[task].std()
    asked = order[max(OBSERVED) :][:N_JUDGED]
    rank, density = [], []
    for n in OBSERVED:
        mean, sd = predict(task, order[:n], asked)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConstantInputWarning)  # nothing known: no ranking, correlation 0
            rank.append(float(np.nan_to_num(spearmanr(mean, truth[asked]).statistic)))
        sd = np.maximum(sd, 1e-3 * unit)
        log_density = -0.5 * ((truth[asked] - mean) / sd) ** 2 - np.log(sd / unit) - 0.5 * np.log(2 * np.pi)
        density.append(float(np.maximum(log_density, LEAST_DENSITY).mean()))
    return {"rank": rank, "density": density}


def regret(table: TuningTable, task: int, choose: Chooser) -> list[float]:
    """Normalised regret of the best of the configurations chosen so far."""
    truth = table.scores[task]
    chosen: list[int] = []
    for _ in range(max(REGRET_AT)):
        chosen.append(choose(task, np.array(chosen, dtype=np.intp)))
    best = np.maximum.accumulate(truth[chosen])
    curve = (truth.max() - best) / (truth.max() - truth.min())
    return [float(curve[n - 1]) for n in REGRET_AT]


def improve(table: TuningTable, predict: Predictor, task: int, observed: Indices) -> int:
    """The configuration of the largest expected improvement; the best expected one before the first trial."""
    truth, everything = table.scores[task], np.arange(len(table.cube))
    mean, sd = predict(task, observed, everything)
    gain = mean
    if len(observed):
        z = (mean - truth[observed].max()) / np.maximum(sd, 1e-12)
        gain = sd * (z * ndtr(z) + np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi))
        gain = gain + 1e-9 * (mean - mean.max())  # where all improvements underflow, the mean decides
    return int(np.where(np.isin(everything, observed), -np.inf, gain).argmax())


def table() -> None:
    """All that was run so far, with 95 % bootstrap intervals over tasks; what has no part at hand keeps its row."""
    path = RESULTS / "maml_surrogates.json"
    rows_of = {_key(row): row for row in json.loads(path.read_text())["results"]} if path.exists() else {}
    parts = [json.loads(path.read_text()) for path in sorted(PARTS.glob("*.json"))]
    rows_of |= {_key(part): summary(part, parts) for part in parts}
    names = list(methods())
    results = sorted(rows_of.values(), key=lambda r: (r["table"], r["known"], names.index(r["method"])))
    for key, at in (("rank", OBSERVED), ("density", OBSERVED), ("regret", REGRET_AT)):
        print(f"\n{key} after n trials")
        rows = [
            [
                f"{r['table']} {r['known']} {r['method']}",
                *(
                    f"{mean:.3f} [{low:.3f}, {high:.3f}]"
                    for mean, (low, high) in zip(r[key], r[f"{key}_interval"], strict=True)
                ),
            ]
            for r in results
        ]
        print_table(("table, known trials, method", *(str(n) for n in at)), rows)
    print(write_results("maml_surrogates", results))


def summary(part: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over the tasks of one part."""
    entry = {key: part[key] for key in ("table", "known", "method", "fit_s")}
    for key in KEYS:
        values = np.array([task[key] for task in part["tasks"].values() if key in task])
        entry[key] = values.mean(0).tolist()
        entry[f"{key}_interval"] = [bootstrap_interval(column) for column in values.T]
        entry[f"{key}_n_tasks"] = len(values)
        entry[f"{key}_gain"] = _gain(part, parts, key)
    return entry


def _key(row: dict[str, Any]) -> tuple[str, int, str]:
    return row["table"], row["known"], row["method"]


def _gain(part: dict[str, Any], parts: list[dict[str, Any]], key: str) -> list[tuple[float, float, float]] | None:
    """Mean paired difference from the engine's prior on the same tasks, with its interval; None where it wasn't run."""
    same = [p for p in parts if _key(p) == (part["table"], part["known"], REFERENCE)]
    if not same or part["method"] == REFERENCE:
        return None
    pairs = [(t[key], same[0]["tasks"][name][key]) for name, t in part["tasks"].items() if key in t]
    difference = np.array([a for a, _ in pairs]) - np.array([b for _, b in pairs])
    return [(float(column.mean()), *bootstrap_interval(column)) for column in difference.T]


if __name__ == "__main__":
    main()
