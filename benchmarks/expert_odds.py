"""Do settings of the engine's experts pay that are learned for each search space from a backtest on its past tasks?

    python -m benchmarks.expert_odds TABLE ... [--half development] [--known 50] [--max-tasks 48] [--played 12]

TABLE and halves are those of `benchmarks.transfer`; names of the knowledge base are used with `--known all`. For each
fold a model is fitted on the past, and up to 60 past tasks are treated as new: own map and near copies are left out,
and weights are out of sample. (The other tasks' maps were completed with the task's trials among all others; that isn't
undone.) After 1, 3, 5 and 10 of its trials, once the engine's choice, begun with the highest weighted mean, and once a
random one, the experts predict the others. Five ways learn from that, by the fold's past alone:

- odds: the experts' prior odds that maximise the log density of the other trials, the present ones counting as 20
  tasks;
- density: the same, after flattening of weights, deviation of *one* and the kernel's share were each set to the option
  whose log density is highest, by a standard error or more over the present;
- picks: the one option by which the next pick gains most, by a standard error or more;
- replay: the one option with the least mean regret after 3 to 12 trials if the past tasks are played, likewise;
- stack: odds and a power of the evidence that depend on the number of trials.

Printed and written are the regret of each fold's first --played targets and paired differences to the present settings,
with 95 % bootstrap intervals over tasks. What is finished is kept in --work.
"""

import argparse
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize

from benchmarks.expert_backtest import N_SEEN, Game, Settings, Told, games_of, play, settled, told
from benchmarks.metadataset import engine_digest
from benchmarks.stats import bootstrap_interval, print_table, write_results
from benchmarks.transfer_engine import fit_on_past, tune
from benchmarks.transfer_table import HALVES, Fold, Material, half_of, load_material, plan_folds
from metamodel.engine import SpaceModel
from warmtune.vocabulary.arrays import FloatArray

AT: Final = (1, 3, 5, 10, 20)
PRESENT: Final = Settings()
OPTIONS: Final = {
    "uniform_share": (0.2, 0.4, 0.8),
    "like_one_sd": (0.1, 0.22),
    "own_share": (0.04, 0.25),
}
PSEUDO_TASKS: Final = 20.0
RIDGE: Final = 5.0
"""Tasks that a squared deviation of 1 from the present counts as, in the stack."""


def main() -> None:
    """Print and write the figures."""
    args = _arguments()
    for name in args.table:
        material = load_material(name)
        targets = half_of(material, args.half)[: args.max_tasks]
        n_played = 0
        known = None if args.known == "all" else int(args.known)
        curves: dict[str, list[FloatArray]] = {}
        learned = []
        for fold in plan_folds(material, targets, n_folds=2, n_known=known, n_past=None, history=0):
            model, started = fit_on_past(material, fold), time.process_time()
            ways = {"present": PRESENT, **learn(model)}
            learned.append({way: asdict(s) for way, s in ways.items()} | {"seconds": time.process_time() - started})
            for way, settings in ways.items():
                print(f"{material.name}, {len(fold.past)} past tasks, {way}: {settings}", flush=True)
            played = replace(fold, targets=fold.targets[: args.played])
            n_played += len(played.targets)
            for way, settings in ways.items():
                curves.setdefault(way, []).append(_curves(material, played, model, settings, args.work))
        joined = {way: np.concatenate(found) for way, found in curves.items()}
        body = {"table": material.name, "half": args.half, "known": args.known, "n_tasks": n_played}
        figures = {way: _figures(found, joined["present"]) for way, found in joined.items()}
        _report(f"{material.name}, {args.half} half, {n_played} tasks", figures)
        path = write_results(f"expert-odds-{material.name}-{args.half}", {**body, "learned": learned, "ways": figures})
        print(path)


def learn(model: SpaceModel) -> dict[str, Settings]:
    """The settings of each way, from the past tasks of a model."""
    games = games_of(model)
    seen = [_choices(model, game) for game in games]
    single = [replace(PRESENT, **{field: x}) for field, options in OPTIONS.items() for x in options]  # type: ignore[arg-type]
    said = {s: told(model, games, seen, s) for s in (PRESENT, *single)}
    best = PRESENT
    for field, options in OPTIONS.items():
        found = {replace(PRESENT, **{field: x}) for x in options}  # type: ignore[arg-type]
        chosen = _surely_best({s: by_task(said[s], density) for s in (PRESENT, *found)})
        best = replace(best, **{field: getattr(chosen, field)})
    at_best = said.get(best) or told(model, games, seen, best)
    regret = {s: np.array([_played(game, play(model, game, s)) for game in games]) for s in said}
    return {
        "odds": learned_odds(PRESENT, said[PRESENT]),
        "density": learned_odds(best, at_best),
        "picks": _surely_best({s: by_task(states, gain_of_pick) for s, states in said.items()}),
        "replay": _surely_best({s: -r for s, r in regret.items()}),
        "stack": replace(PRESENT, stack=tuple(_stacked(said[PRESENT], n) for n in N_SEEN)),
    }


def _choices(model: SpaceModel, game: Game) -> list[list[int]]:
    """Trials that are seen: the engine's, and random ones; at least three are left to predict."""
    played, drawn = play(model, game, PRESENT), np.random.default_rng([1, game.task]).permutation(len(game.at))
    usable = [n for n in N_SEEN if n <= len(game.at) - 3]
    return [rows[:n] for n in usable for rows in (played, drawn.tolist())]


def _played(game: Game, rows: Sequence[int]) -> float:
    """Mean over the trials from the third on of the least regret so far."""
    return float(np.minimum.accumulate(game.regret(rows))[2:].mean())


def shares(state: Told, log_odds: FloatArray, power: float = 1.0) -> FloatArray:
    """Logarithms of the experts' shares, shape ``(4,)``."""
    joint = log_odds + power * state.evidence
    logarithms: FloatArray = joint - np.logaddexp.reduce(joint)
    return logarithms


def density(state: Told) -> float:
    """Mean log density of the other trials, with the present odds."""
    return _density(state, np.array(PRESENT.log_odds))


def _density(state: Told, log_odds: FloatArray, power: float = 1.0) -> float:
    return float(np.logaddexp.reduce(shares(state, log_odds, power)[:, None] + state.density, axis=0).mean())


def gain_of_pick(state: Told) -> float:
    """By how much the pick of greatest expected improvement lowers the regret, with the present odds."""
    promise = np.logaddexp.reduce(shares(state, np.array(PRESENT.log_odds))[:, None] + state.promise, axis=0)
    return float(state.gain[int(promise.argmax())])


def by_task(states: Sequence[Told], value: Callable[[Told], float]) -> FloatArray:
    """Means over each task's states."""
    tasks = list(dict.fromkeys(state.task for state in states))
    return np.array([np.mean([value(state) for state in states if state.task == task]) for task in tasks])


def _surely_best(value: dict[Settings, FloatArray]) -> Settings:
    """The settings of highest mean, if they are above the present ones by a standard error of the difference."""
    best = max(value, key=lambda s: float(value[s].mean()))
    ahead = value[best] - value[PRESENT]
    return best if ahead.mean() > ahead.std() / np.sqrt(len(ahead)) else PRESENT


def learned_odds(settings: Settings, states: Sequence[Told]) -> Settings:
    """The odds that maximise the log density of the other trials; the present ones count as `PSEUDO_TASKS`."""
    present = np.array(PRESENT.log_odds)
    n_tasks = len({state.task for state in states})

    def loss(x: FloatArray) -> float:
        odds = x - np.logaddexp.reduce(x)
        prior = PSEUDO_TASKS / n_tasks * float(np.exp(present) @ (odds - present))
        return -float(by_task(states, lambda state: _density(state, odds)).mean()) - prior

    found = _least(loss, present)
    return replace(settings, log_odds=tuple(map(float, found - np.logaddexp.reduce(found))))


def _stacked(states: Sequence[Told], n_seen: int) -> tuple[int, float, tuple[float, ...]]:
    """Power of the evidence and log odds after so many trials, with a ridge towards 1 and the present odds."""
    present, there = np.array(PRESENT.log_odds), [state for state in states if state.n_seen == n_seen]
    if not there:
        return n_seen, 1.0, PRESENT.log_odds

    def loss(x: FloatArray) -> float:
        values = [_density(state, present + np.array([0.0, *x[1:]]), float(np.exp(x[0]))) for state in there]
        return -float(np.mean(values)) + RIDGE / len({state.task for state in there}) * float(x @ x)

    found = _least(loss, np.zeros(4))
    return n_seen, float(np.exp(found[0])), tuple(map(float, present + np.array([0.0, *found[1:]])))


def _least(loss: Callable[[FloatArray], float], start: FloatArray) -> FloatArray:
    simplex = np.vstack([start, start + 0.5 * np.eye(len(start))])
    options = {"initial_simplex": simplex, "maxfev": 250, "xatol": 0.02, "fatol": 1e-5}
    found: FloatArray = minimize(loss, start, method="Nelder-Mead", options=options).x
    return found


def _curves(material: Material, fold: Fold, model: SpaceModel, settings: Settings, work: Path) -> FloatArray:
    """Least regret of each target so far, shape ``(n_targets, 20)``; from its file where it was run."""
    work.mkdir(parents=True, exist_ok=True)
    faster, found = replace(model, durations=None), []
    for target in fold.targets:
        saw = f"{engine_digest()}|{model.version}|{target}|{settings}"
        path = work / f"{material.name}-{hashlib.sha256(saw.encode()).hexdigest()[:16]}.npy"
        if not path.is_file():
            with settled(settings):
                np.save(path, tune(material, faster, int(target), AT[-1])[1])
        found.append(np.load(path))
    return np.array(found)


def _figures(curves: FloatArray, present: FloatArray) -> dict[str, Any]:
    """Mean regret after n trials, and the difference to the present with its interval."""
    less = {n: curves[:, n - 1] - present[:, n - 1] for n in AT}
    return {
        "mean": {str(n): round(float(curves[:, n - 1].mean()), 5) for n in AT},
        "less_present": {
            str(n): [round(x, 5) for x in (float(d.mean()), *bootstrap_interval(d))] for n, d in less.items()
        },
    }


def _report(heading: str, figures: dict[str, Any]) -> None:
    print(f"\n{heading}")
    rows = [(way, *(f"{f['mean'][str(n)]:.4f}" for n in AT)) for way, f in figures.items()]
    for way, f in figures.items():
        cells = (f["less_present"][str(n)] for n in AT)
        rows.append((f"{way} − present", *(f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]" for mean, low, high in cells)))
    print_table(("mean regret after", *map(str, AT)), rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="+")
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--known", default="50", help="trials known of each past task, or all")
    parser.add_argument("--max-tasks", type=int, default=48, help="of the half, left out in two folds")
    parser.add_argument("--played", type=int, default=12, help="of each fold's targets")
    parser.add_argument("--work", type=Path, default=Path("runs/expert_odds"), help="where finished parts are stored")
    return parser.parse_args()


if __name__ == "__main__":
    main()
