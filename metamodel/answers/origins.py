"""Where a configuration comes from: what it scored, or would have scored, on the past tasks that speak for it."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from metamodel.answers.snapshot import Snapshot
from metamodel.answers.weights import TaskWeights
from metamodel.maps.anchors import configuration_key
from metamodel.maps.performance_maps import PerformanceMaps
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.space import Configuration


@dataclass(frozen=True, slots=True)
class TaskScore:
    """A configuration on one past task, in the metric's units.

    Attributes:
        task_id: Of the past task.
        task_name: Its name.
        similarity: To the asked task, in [0, 1].
        weight: Its share in the answer; over all past tasks they sum to 1.
        score: Of the configuration there.
        is_tried: Whether somebody has tried it there; else the score is predicted.
        regret: Normalised regret of that score, in [0, 1].
        best: The task's best known score.
        default: What the search space's default scores there; None without a default.
    """

    task_id: str
    task_name: str
    similarity: float
    weight: float
    score: float
    is_tried: bool
    regret: float
    best: float
    default: float | None


def scores_on_past_tasks(
    model: Snapshot,
    weights: TaskWeights,
    configuration: Configuration,
    *,
    n: int = 8,
    named: Collection[str] = (),
) -> tuple[TaskScore, ...]:
    """A configuration on past tasks: those that are named, then those of the largest weight; ties go to the earlier.

    Args:
        model: Of the search space and metric.
        weights: Of its past tasks for the asked one.
        configuration: Valid in the search space.
        n: Tasks; more where more are named.
        named: Identifiers of tasks that come first, such as the sources that the answer names.

    Returns:
        Empty where no past task is known.
    """
    maps = model.maps
    if maps is None:
        return ()
    by_weight = [int(i) for i in np.argsort(-weights.near, kind="stable") if weights.near[i] > 0.0]
    first = [i for i in by_weight if model.histories[i].task.task_id in named]
    others = [i for i in by_weight if model.histories[i].task.task_id not in named]
    tasks = np.array([*first, *others[: max(n - len(first), 0)]], dtype=np.intp)
    utility = np.clip(_utility(model, maps, configuration, tasks), 0.0, 1.0)
    has_default = model.space.default_configuration() is not None  # then it is the first anchor
    key = configuration_key(configuration)
    found = []
    for task, u in zip(tasks, utility, strict=True):
        history = model.histories[task]
        found.append(
            TaskScore(
                task_id=history.task.task_id,
                task_name=history.task.name,
                similarity=float(weights.similarity[task]),
                weight=float(weights.near[task]),
                score=_in_units(model, maps, int(task), float(u)),
                is_tried=any(configuration_key(tried) == key for tried in history.configurations),
                regret=float(1.0 - u),
                best=_in_units(model, maps, int(task), 1.0),
                default=_in_units(model, maps, int(task), float(np.clip(maps.mean[task, 0], 0.0, 1.0)))
                if has_default
                else None,
            )
        )
    return tuple(found)


def _utility(model: Snapshot, maps: PerformanceMaps, configuration: Configuration, tasks: IntArray) -> FloatArray:
    """Expected utility on some tasks ``(t,)``; that of the maps themselves where the configuration is an anchor."""
    at = maps.position.get(configuration_key(configuration))
    if at is not None:
        known: FloatArray = maps.mean[tasks, at]
        return known
    cube = UnitCube(model.space)
    carried: FloatArray = maps.carried_to(cube.features(*cube.encode([configuration])), tasks)[:, 0]
    return carried


def _in_units(model: Snapshot, maps: PerformanceMaps, task: int, utility: float) -> float:
    return model.direction.sign * float(maps.best[task] - maps.width[task] * (1.0 - utility))
