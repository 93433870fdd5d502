"""Recommendations for several objectives: the batch whose front is expected to dominate the most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from metamodel.answers.hypervolume import random_directions, scalarised
from metamodel.answers.outlook import anchors_failure
from metamodel.answers.portfolio import MAX_TASKS
from metamodel.answers.recommendations import describe_anchors, recommend, recommendable
from metamodel.answers.snapshot import Snapshot
from metamodel.answers.weights import MIN_TASKS_FOR_PORTFOLIO, TaskWeights, heaviest
from metamodel.maps.anchors import configuration_key
from metamodel.maps.performance_maps import PerformanceMaps
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.recommendation import Recommendation, Strategy
from warmtune.vocabulary.work import check_wanted

N_DIRECTIONS: Final = 32


@dataclass(frozen=True, slots=True)
class Goal:
    """One of several objectives: its own model, and how much each of that model's past tasks speaks."""

    model: Snapshot
    weights: TaskWeights

    @property
    def maps(self) -> PerformanceMaps | None:
        """Maps of past tasks, or None where too few know the metric."""
        return None if self.weights.strategy is Strategy.DEFAULTS else self.model.maps


def recommend_front(goals: Sequence[Goal], *, n: int, seed: int, harm_limit: float) -> Recommendation:
    """The batch that past tasks' fronts speak for, in the order of what each adds.

    Every shared past task has a map for each objective. The picks are those whose dominated hypervolume above the
    task's worst scores, weighted over the tasks, is largest: greedily, which is within ``1 - 1/e`` of the best batch,
    as the volume is submodular (Nemhauser, Wolsey and Fisher, 1978). Objectives that too few past tasks know are left
    out, and the reason says so; if only one is left, its own recommendation is the answer.

    Args:
        goals: At least two, in the order of the study's objectives, over one search space.
        n: Number of configurations.
        seed: Of space-filling configurations and directions.
        harm_limit: As of `recommend`, where one objective alone decides.
    """
    known = [goal for goal in goals if goal.maps is not None]
    names = [goal.model.metric for goal in goals]
    if len(known) > 1 and len(_shared(known)[0]) < MIN_TASKS_FOR_PORTFOLIO:
        known = known[:1]
    if len(known) < 2:
        goal = known[0] if known else goals[0]
        answer = recommend(goal.model, goal.weights, n=n, time_budget_s=None, seed=seed, harm_limit=harm_limit)
        others = [name for name in names if name != goal.model.metric]
        which = f"by {goal.model.metric} alone" if known else "for no objective in particular"
        few = f"too few past tasks have trials under {', '.join(others)}"
        return replace(answer, reason=f"{answer.reason}; {which}: {few}")
    first = known[0]
    assert first.maps is not None  # noqa: S101  # of the known ones; narrows the type
    failure = anchors_failure(first.model, first.weights)
    columns = recommendable(first.maps.n_tried, failure)
    at = _shared(known)
    near = np.mean([goal.weights.near[rows] for goal, rows in zip(known, at, strict=True)], axis=0)
    kept = heaviest(near, MAX_TASKS)
    anchors = [first.maps.anchors[int(i)] for i in columns]
    utility = np.stack([utilities_at(goal, anchors)[rows[kept]] for goal, rows in zip(known, at, strict=True)], axis=-1)
    picks = columns[_greedy(np.clip(utility, 0.0, 1.0), near[kept], n=n, seed=seed)]
    tasks = heaviest(first.weights.near, MAX_TASKS)
    ranked = describe_anchors(first.model, first.weights, tasks, picks, failure=failure)
    reason = f"{first.weights.reason}; by the hypervolume of {', '.join(g.model.metric for g in known)} on {len(at[0])}"
    left_out = [name for name in names if name not in {goal.model.metric for goal in known}]
    reason += " tasks"
    if left_out:
        reason += f", without {', '.join(left_out)}, under which too few past tasks have trials"
    confidence = min(goal.weights.trust for goal in known)
    return Recommendation(ranked, first.weights.strategy, confidence, version_of(goals), reason)


def version_of(goals: Sequence[Goal]) -> str:
    """What answered: the objectives' versions."""
    return "+".join(goal.model.version for goal in goals)


def utilities_at(goal: Goal, configurations: Sequence[dict[str, ParameterValue]]) -> FloatArray:
    """A goal's maps at configurations, anchors of its own or not; shape ``(T, len(configurations))``."""
    maps = goal.maps
    assert maps is not None  # noqa: S101  # callers have checked; narrows the type
    own = np.array([maps.position.get(configuration_key(c), -1) for c in configurations], dtype=np.intp)
    utility = np.empty((len(maps.mean), len(own)))
    utility[:, own >= 0] = maps.mean[:, own[own >= 0]]
    if (own < 0).any():
        cube = UnitCube(goal.model.space)
        strange = [configurations[int(i)] for i in np.flatnonzero(own < 0)]
        features = cube.features(*cube.encode(strange))
        utility[:, own < 0] = maps.carried_to(features, np.arange(len(maps.mean)))
    return utility


def _shared(goals: Sequence[Goal]) -> list[IntArray]:
    """Rows of the past tasks that all goals know and may use, in one order."""
    rows = []
    for goal in goals:
        ids = [history.task.task_id for history in goal.model.histories]
        rows.append({ids[int(i)]: int(i) for i in np.flatnonzero(goal.weights.uniform > 0.0)})
    common = [task_id for task_id in rows[0] if all(task_id in others for others in rows)]
    return [np.array([of[task_id] for task_id in common], dtype=np.intp) for of in rows]


def _greedy(utility: FloatArray, weights: FloatArray, *, n: int, seed: int) -> IntArray:
    """Columns of ``(T, A, m)`` utilities that one after another add the most weighted volume; `n` at most."""
    directions = random_directions(utility.shape[2], N_DIRECTIONS, np.random.default_rng(seed))
    reach = np.stack([scalarised(utility, one).astype(np.float32) for one in directions], axis=-1)  # (T, A, L)
    best = np.zeros(reach[:, 0].shape, dtype=np.float32)  # (T, L)
    open_ones = np.ones(utility.shape[1], dtype=bool)
    picks: list[int] = []
    while len(picks) < min(n, utility.shape[1]):
        check_wanted()
        gain = weights @ np.maximum(reach - best[:, None], 0.0).mean(axis=2)
        gain[~open_ones] = -np.inf
        picks.append(int(gain.argmax()))
        open_ones[picks[-1]] = False
        best = np.maximum(best, reach[:, picks[-1]])
    return np.array(picks, dtype=np.intp)
