"""How much each past task speaks for a new one, and how sure that is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metamodel.neighbours import distances
from warmtune.recommendation import Strategy

FloatArray = NDArray[np.float64]

MIN_TASKS_FOR_PORTFOLIO = 3
MIN_TASKS_FOR_NEIGHBOURS = 8
MIN_CONFIDENCE_FOR_NEIGHBOURS = 0.2
UNIFORM_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class TaskWeights:
    """Weights of ``T`` past tasks.

    Attributes:
        near: Shape ``(T,)``: similar tasks count more; sums to 1 (or all 0 where no task is included).
        uniform: Shape ``(T,)``: included tasks count alike; sums to 1 (or all 0).
        similarity: Shape ``(T,)``: in [0, 1], 1 for equal meta-features; 0 for excluded tasks.
        confidence: In [0, 1].
        strategy: What the weights allow.
        reason: Why, in a sentence.
    """

    near: FloatArray
    uniform: FloatArray
    similarity: FloatArray
    confidence: float
    strategy: Strategy
    reason: str


def weigh_tasks(own: FloatArray | None, scaled: FloatArray, included: NDArray[np.bool_]) -> TaskWeights:
    """Weigh past tasks by their distance from the asked one.

    Args:
        own: Shape ``(d,)``: the asked task's scaled meta-features, NaN for gaps; None where it is unknown.
        scaled: Shape ``(T, d)``: the past tasks'.
        included: Shape ``(T,)``: tasks that may be used.
    """
    n_tasks = int(included.sum())
    uniform = included / max(n_tasks, 1)
    if n_tasks < MIN_TASKS_FOR_PORTFOLIO:
        reason = f"only {n_tasks} past tasks know this search space and metric"
        return TaskWeights(uniform, uniform, 0.0 * uniform, 0.0, Strategy.DEFAULTS, reason)
    if own is None or np.isnan(own).all():
        reason = "nothing is known of the task, so that all past tasks count alike"
        return TaskWeights(uniform, uniform, 0.0 * uniform, 0.0, Strategy.PORTFOLIO, reason)
    far = distances(own, scaled)
    itself = float(distances(own, own[None])[0])
    similarity = np.where(included, np.exp(-np.maximum(far - itself, 0.0)), 0.0)
    width = max(float(far[included].std()), 1e-9)
    near = np.where(included, np.exp(-(far - far[included].min()) / width), 0.0)
    near = (1.0 - UNIFORM_SHARE) * near / near.sum() + UNIFORM_SHARE * uniform
    known = float((~np.isnan(own)).mean())
    confidence = float(np.clip(similarity.max() * np.sqrt(known) * min(n_tasks / 20.0, 1.0), 0.0, 1.0))
    if n_tasks < MIN_TASKS_FOR_NEIGHBOURS:
        reason = f"{n_tasks} past tasks are too few to tell near ones from far ones"
        return TaskWeights(uniform, uniform, similarity, confidence, Strategy.PORTFOLIO, reason)
    if confidence < MIN_CONFIDENCE_FOR_NEIGHBOURS:
        reason = "no past task resembles this one, so that all count alike"
        return TaskWeights(uniform, uniform, similarity, confidence, Strategy.PORTFOLIO, reason)
    reason = f"similar ones among {n_tasks} past tasks speak for these configurations"
    return TaskWeights(near, uniform, similarity, confidence, Strategy.NEIGHBOURS, reason)
