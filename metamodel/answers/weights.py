"""How much each past task speaks for a new one, and how sure that is."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.embedding.task_forest import TaskForest
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.task import MetaFeatures

MIN_TASKS_FOR_PORTFOLIO = 3
MIN_TASKS_FOR_NEIGHBOURS = 8
OWN_WEIGHT = 0.5
MIN_LEARNED_SHARE = 0.05
"""Part of the weights that similarity must decide before an answer is said to come from neighbours."""


@dataclass(frozen=True, slots=True)
class CrossSpaceWeights:
    """What a task's trials over other search spaces say of ``T`` past tasks; see `metamodel.other_spaces`.

    Attributes:
        near: Shape ``(T,)``: not negative, sums to 1.
        share: Part of the weights that they decide, in (0, 1].
        gain: Share of the squared error of equal weights that was removed with them on held-out tasks, in [0, 1].
        names: Of the other spaces.
    """

    near: FloatArray
    share: float
    gain: float
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskWeights:
    """Weights of ``T`` past tasks.

    Attributes:
        near: Shape ``(T,)``: similar tasks count more; sums to 1 (or all 0 where no task is included).
        uniform: Shape ``(T,)``: included tasks count alike; sums to 1 (or all 0).
        similarity: Shape ``(T,)``: in [0, 1]; 0 for excluded tasks, and where nothing is known.
        trust: How far likeness is trusted, in [0, 1]: by held-out tasks, what is known, and how familiar the task is.
        strategy: What the weights allow.
        reason: Why, in a sentence.
    """

    near: FloatArray
    uniform: FloatArray
    similarity: FloatArray
    trust: float
    strategy: Strategy
    reason: str

    def shared(self, shares: FloatArray) -> "TaskWeights":
        """The same where tasks count by shares, shape ``(T,)``, e.g. near copies together as one."""
        return replace(self, near=_normalised(self.near * shares), uniform=_normalised(self.uniform * shares))

    def across_spaces(self, cross: CrossSpaceWeights, included: NDArray[np.bool_]) -> "TaskWeights":
        """The same where a task's trials over other spaces decide their share; `included` is of shape ``(T,)``."""
        near = np.where(included, cross.near, 0.0)
        if self.strategy is Strategy.DEFAULTS or not near.any():
            return self
        mixed = _mixed(self.near, near, cross.share)
        also = f"also judged by this task's trials over {', '.join(cross.names)}"
        return replace(
            self,
            near=mixed,
            similarity=np.maximum(self.similarity * (1.0 - cross.share), cross.share * near / near.max()),
            trust=max(self.trust, cross.share * math.sqrt(cross.gain)),
            strategy=Strategy.NEIGHBOURS,
            reason=f"these configurations did well on similar past tasks, {also}",
        )

    def with_own(self, own: NDArray[np.bool_]) -> "TaskWeights":
        """The same for a task whose own past is among the tasks, at `own` of shape ``(T,)``: it gets `OWN_WEIGHT`."""
        near = OWN_WEIGHT * own / own.sum() + (1.0 - OWN_WEIGHT) * self.near
        return replace(self, near=near, similarity=np.where(own, 1.0, self.similarity))


def _normalised(weights: FloatArray) -> FloatArray:
    total = weights.sum()
    return weights / total if total > 0.0 else weights


def heaviest(weights: FloatArray, n: int) -> NDArray[np.intp]:
    """Rows of the `n` largest weights that aren't 0, in ascending order; of equal ones any. Linear in their number."""
    rows = np.flatnonzero(weights > 0.0)
    if len(rows) <= n:
        return rows
    return np.sort(rows[np.argpartition(-weights[rows], n)[:n]])


def weigh_tasks(
    meta_features: MetaFeatures | None,
    embedding: TaskEmbedding | None,
    places: FloatArray,
    included: NDArray[np.bool_],
    *,
    n_known: int | None = None,
    forest: TaskForest | None = None,
    by_forest: FloatArray | None = None,
) -> TaskWeights:
    """Weigh past tasks by where the asked one is expected to lie among them.

    Args:
        meta_features: Of the asked task; None where nothing is known.
        embedding: Trained on the past tasks, or None where they were too few.
        places: Shape ``(T, E)``: the past tasks' own coordinates.
        included: Shape ``(T,)``: tasks that may be used.
        n_known: How many the included ones stand for, if these are not all.
        forest: Decides its share of the weights, or None.
        by_forest: Shape ``(T,)``: what it says of the tasks; None: they are those that it was grown on.
    """
    n_included = int(included.sum())
    n_tasks = n_included if n_known is None else n_known
    uniform = included / max(n_included, 1)
    nothing = np.zeros(len(included))
    if n_tasks < MIN_TASKS_FOR_PORTFOLIO:
        reason = f"only {n_tasks} past tasks have trials over this search space under this metric"
        return TaskWeights(uniform, uniform, nothing, 0.0, Strategy.DEFAULTS, reason)
    if embedding is None or n_tasks < MIN_TASKS_FOR_NEIGHBOURS:
        reason = f"{n_tasks} past tasks are too few to learn which of them are similar"
        return TaskWeights(uniform, uniform, nothing, 0.0, Strategy.PORTFOLIO, reason)
    given = meta_features
    meta_features = None if given is None else given.in_version(embedding.scaler.version)
    if meta_features is None or not any(name in meta_features.values for name in embedding.scaler.names):
        reason = f"{_why_unknown(given, embedding.scaler.version)}, so all past tasks have equal weight"
        return TaskWeights(uniform, uniform, nothing, 0.0, Strategy.PORTFOLIO, reason)
    location = embedding.locate(meta_features)
    own, familiarity = location.coordinates, location.familiarity
    near = embedding.weights(own, places, included, familiarity=familiarity)
    similarity = np.where(included, embedding.similarity(own, places), 0.0)
    learned, gain = (1.0 - embedding.uniform_share) * familiarity, embedding.gain
    if forest is not None:
        share = forest.share * familiarity
        if by_forest is None:
            by_forest = forest.weights(location.inputs, len(included))
        near = _mixed(near, np.where(included, by_forest, 0.0), share)
        learned, gain = share + (1.0 - share) * learned, forest.gain
    trust = min(max(learned * math.sqrt(gain * location.known), 0.0), 1.0)
    if learned < MIN_LEARNED_SHARE:
        useless = "on past tasks the meta-features did not predict what does well"
        why = useless if familiarity > 0.5 else "no past task is similar"
        reason = f"{why}, so all {n_tasks} past tasks have equal weight"
        return TaskWeights(uniform, uniform, similarity, trust, Strategy.PORTFOLIO, reason)
    reason = f"these configurations did well on the most similar of {n_tasks} past tasks"
    return TaskWeights(near, uniform, similarity, trust, Strategy.NEIGHBOURS, reason)


def _why_unknown(given: MetaFeatures | None, version: str | None) -> str:
    """Why no meta-feature of a task can be compared with those of past tasks."""
    if given is not None and given.values and not given.in_version(version).values:
        return f"its meta-features are of version {given.version}, which isn't compared with {version} of past tasks"
    return "this task has none of the meta-features that describe past tasks"


def weights_without(
    task: int, embedding: TaskEmbedding | None, places: FloatArray, *, forest: TaskForest | None = None
) -> FloatArray:
    """Of the other tasks, shape ``(T,)``, as if one of the past tasks were new: by where it was expected to lie.

    Args:
        task: Which one.
        embedding: Trained on the past tasks, or None where they were too few.
        places: Shape ``(T, E)``: the past tasks' own coordinates.
        forest: As of `weigh_tasks`.
    """
    others = np.ones(len(places), dtype=bool)
    others[task] = False
    if embedding is None:
        return _normalised(others.astype(np.float64))
    near = embedding.weights(embedding.held_out[task], places, others)
    return near if forest is None else _mixed(near, forest.weights_without(task, len(places)), forest.share)


def _mixed(near: FloatArray, by_forest: FloatArray, share: float) -> FloatArray:
    """Both, the forest's with a share; without it where it knows none of the tasks that count."""
    return (1.0 - share) * near + share * _normalised(by_forest) if by_forest.any() else near
