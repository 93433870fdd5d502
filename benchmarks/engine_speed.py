"""How long the engine takes: a recommendation, a suggestion, a refit; and whether serving grows with the tasks.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.engine_speed [--repeats 50] [--tasks 1000 10000]

Synthetic tasks over a conditional space of seven parameters, described by forty meta-features, one in five a gap.

- refit: 200 tasks with 50 random trials each, from nothing.
- serving: a model of 1,000 tasks with 512 anchors, asked for 10 configurations from given meta-features, and for one
  suggestion after 50 trials. For more tasks the fitted model's arrays are repeated: no fit of 100,000 tasks is needed
  to see what asking costs.

Prints medians and the 99th percentile in milliseconds, and ratios to the smallest model.
"""

import argparse
import dataclasses
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from benchmarks.stats import print_table, write_results
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from metamodel.space.cube import UnitCube
from metamodel.space.design import space_filling
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial

SPACE = SearchSpace(
    {
        "kernel": CategoricalDistribution(["linear", "rbf", "poly"]),
        "C": FloatDistribution(1e-3, 1e3, log=True),
        "gamma": FloatDistribution(1e-4, 1e2, log=True),
        "degree": IntDistribution(2, 6),
        "tol": FloatDistribution(1e-5, 1e-1, log=True),
        "shrinking": CategoricalDistribution([True, False]),
        "weight": FloatDistribution(0.0, 1.0),
    },
    (Condition("gamma", "kernel", ("rbf", "poly")), Condition("degree", "kernel", ("poly",))),
)
N_META_FEATURES = 40
N_SERVED, N_POOL, N_TRIALS_EACH = 1_000, 480, 20
N_REFIT, N_REFIT_TRIALS = 200, 50
N_OBSERVED = 50
GOALS_MS = {"refit": 30_000.0, "recommend": 5.0, "suggest": 20.0}


def main() -> None:
    """Print the tables and write ``results/engine_speed.json``."""
    args = _arguments()
    past = synthetic_histories(N_REFIT, n_pool=N_REFIT * N_REFIT_TRIALS, n_trials=N_REFIT_TRIALS)
    refits = [_elapsed_ms(partial(_fit, past)) for _ in range(args.refits)]
    rows = [_row(f"refit of {N_REFIT} tasks x {N_REFIT_TRIALS} trials", refits, "refit", None)]
    small = _fit(synthetic_histories(N_SERVED, n_pool=N_POOL, n_trials=N_TRIALS_EACH))
    n_anchors = 0 if small.maps is None else len(small.maps.anchors)
    results: dict[str, object] = {"refit_ms": refits, "n_anchors": n_anchors}
    first: dict[str, float] = {}
    for n_tasks in args.tasks:
        model = enlarged(small, n_tasks)
        for name, times in serve(model, args.repeats).items():
            first.setdefault(name, float(np.median(times)))
            rows.append(_row(f"{name}, {n_tasks:,} tasks x {n_anchors} anchors", times, name, first[name]))
            results[f"{name}_{n_tasks}_ms"] = [float(np.median(times)), float(np.quantile(times, 0.99))]
        del model
    print_table(("", "median ms", "p99 ms", "goal ms", "ratio to the smallest"), rows)
    print("\ngoals are for 1,000 tasks with 512 anchors")
    print(write_results("engine_speed", results))


def serve(model: SpaceModel, n_repeats: int) -> dict[str, list[float]]:
    """Milliseconds of recommendations and suggestions, each for another task."""
    rng = np.random.default_rng(5)
    asked = [_meta_features(rng, rng.normal(size=3)) for _ in range(n_repeats)]
    configurations = space_filling(SPACE, N_OBSERVED, seed=9)
    scores = 0.8 + 0.1 * rng.random(N_OBSERVED)
    trials = [Trial(i, c, float(s)) for i, (c, s) in enumerate(zip(configurations, scores, strict=True))]
    model.recommend(asked[0], n=10)  # what is computed once isn't what serving costs
    model.suggest(asked[0], trials, n=1)
    return {
        "recommend": [_elapsed_ms(partial(model.recommend, one, n=10)) for one in asked],
        "suggest": [_elapsed_ms(partial(model.suggest, one, trials, n=1)) for one in asked],
    }


def enlarged(model: SpaceModel, n_tasks: int) -> SpaceModel:
    """The model with its tasks repeated to `n_tasks`: whatever has one entry a task is repeated.

    Arrays are found by their shape, so that this doesn't depend on what a model holds: no other axis is as long as the
    number of tasks.
    """
    n_now = len(model.histories)
    if n_tasks == n_now:
        return model
    rows = np.arange(n_tasks) % n_now
    bigger: SpaceModel = _repeated(model, rows, n_now)
    return bigger


def _repeated(value: Any, rows: NDArray[np.intp], n_now: int) -> Any:  # walks whatever a model holds
    if isinstance(value, np.ndarray):
        for axis, length in enumerate(value.shape):
            if length == n_now:
                value = np.take(value, rows, axis=axis)
        return value
    if isinstance(value, tuple) and len(value) == n_now:
        return tuple(value[int(row)] for row in rows)
    if dataclasses.is_dataclass(value) and not isinstance(value, (type, SearchSpace)):
        changed = {f.name: _repeated(getattr(value, f.name), rows, n_now) for f in dataclasses.fields(value) if f.init}
        return dataclasses.replace(value, **changed)
    return value


def synthetic_histories(n_tasks: int, *, n_pool: int, n_trials: int) -> list[TaskHistory]:
    """Tasks whose scores are quadratics with an optimum that three hidden numbers move; each tried its own choice."""
    rng = np.random.default_rng(1)
    pool = space_filling(SPACE, n_pool, seed=2)
    points, active = UnitCube(SPACE).encode(pool)
    directions = rng.normal(scale=0.15, size=(3, points.shape[1]))
    histories = []
    for number in range(n_tasks):
        hidden = rng.normal(size=3)
        chosen = rng.choice(n_pool, size=n_trials, replace=False)
        far = (points[chosen] - 0.5 - hidden @ directions) * active[chosen]
        scores = 0.9 - 0.2 * (far**2).sum(axis=1) + 0.005 * rng.normal(size=n_trials)
        task = Task(f"task_{number}", f"table {number}", TaskKind.BINARY, _meta_features(rng, hidden))
        histories.append(TaskHistory(task, tuple(pool[int(i)] for i in chosen), scores, rng.exponential(size=n_trials)))
    return histories


def _meta_features(rng: np.random.Generator, hidden: FloatArray) -> MetaFeatures:
    mixing = np.random.default_rng(3).normal(size=(3, N_META_FEATURES))
    values = hidden @ mixing + 0.3 * rng.normal(size=N_META_FEATURES)
    known = rng.random(N_META_FEATURES) > 0.2
    return MetaFeatures({f"feature {i}": float(v) for i, v in enumerate(values) if known[i]})


def _fit(histories: list[TaskHistory]) -> SpaceModel:
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)


def _elapsed_ms(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - began)


def _row(label: str, times: list[float], goal: str, first: float | None) -> tuple[str, ...]:
    median = float(np.median(times))
    ratio = "" if first is None else f"{median / first:.2f}"
    return (label, f"{median:,.2f}", f"{np.quantile(times, 0.99):,.2f}", f"{GOALS_MS[goal]:,.0f}", ratio)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=50, help="recommendations and suggestions that are timed")
    parser.add_argument("--refits", type=int, default=3)
    parser.add_argument("--tasks", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    return parser.parse_args()


if __name__ == "__main__":
    main()
