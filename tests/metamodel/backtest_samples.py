"""Small synthetic recordings: ten tasks, thirty configurations, scores that depend on what the meta-features say."""

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import CategoricalDistribution, FloatDistribution

from metamodel.backtest.records import RecordedTask, RecordedTasks
from metamodel.maps.history import TaskHistory
from metamodel.space.design import space_filling
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

SPACE = SearchSpace(
    {
        "kernel": CategoricalDistribution(["linear", "rbf"]),
        "C": FloatDistribution(1e-3, 1e3, log=True),
        "gamma": FloatDistribution(1e-3, 1e3, log=True),
    },
    (Condition("gamma", "kernel", ("rbf",)),),
    defaults={"kernel": "rbf", "C": 1.0, "gamma": 1.0},
)
N_TASKS, N_CONFIGURATIONS = 10, 30
CONFIGURATIONS = tuple(space_filling(SPACE, N_CONFIGURATIONS, seed=0))


def make_task(number: int, level: float) -> Task:
    return Task(
        f"task {number}", f"table {number}", TaskKind.BINARY, MetaFeatures({"level": level, "noise": number % 3})
    )


def related_scores() -> tuple[FloatArray, FloatArray]:
    """Scores ``(T, C)`` whose optimum moves with a level ``(T,)``."""
    rng = np.random.default_rng(1)
    levels = rng.uniform(-1.0, 1.0, size=N_TASKS)
    log_c = np.log10([float(c["C"]) for c in CONFIGURATIONS])  # type: ignore[arg-type]
    log_gamma = np.log10([float(c.get("gamma", 1.0)) for c in CONFIGURATIONS])  # type: ignore[arg-type]
    linear = np.array([c["kernel"] == "linear" for c in CONFIGURATIONS])
    optimum = 2.0 * levels[:, None]
    scores = 0.9 - 0.03 * (log_c - optimum) ** 2 - 0.02 * log_gamma**2 * ~linear - 0.05 * linear
    return scores + 0.002 * rng.normal(size=scores.shape), levels


def make_recording(
    scores: FloatArray | None = None,
    *,
    known: FloatArray | None = None,
    direction: Direction = Direction.MAXIMIZE,
    groups: tuple[str, ...] | None = None,
) -> RecordedTasks:
    """A recording of `scores` ``(T, C)``; the past knows `known` instead where it is given (NaN: not at all)."""
    related, levels = related_scores()
    truth = related if scores is None else scores
    tasks = []
    for row, level in enumerate(levels[: len(truth)]):
        task = make_task(row, float(level))
        tasks.append(
            RecordedTask(
                truth=_history(task, truth[row]),
                known=None if known is None else _history(task, known[row], only=~np.isnan(known[row])),
                group=None if groups is None else groups[row],
            )
        )
    return RecordedTasks(SPACE, "score", direction, tuple(tasks))


def _history(task: Task, scores: FloatArray, *, only: NDArray[np.bool_] | None = None) -> TaskHistory:
    rows = np.arange(len(scores)) if only is None else np.flatnonzero(only)
    return TaskHistory(task, tuple(CONFIGURATIONS[int(i)] for i in rows), scores[rows], np.full(len(rows), np.nan))
