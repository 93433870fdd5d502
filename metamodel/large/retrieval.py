"""From a question to the few tasks of a large past that answer it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from metamodel.answers.weights import TaskWeights, heaviest, weigh_tasks
from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.embedding.task_forest import TaskForest
from metamodel.large.many_tasks import ManyTasks
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.task import MetaFeatures

N_RETRIEVED: Final = 256
"""Tasks that an answer rests on, as many as portfolios and suggestions look at."""
MIN_NEAR: Final = 0.25
"""Part of them, those that a forest chose aside, that are nearest tasks, at least; however few the weight is."""
MAX_NEAR: Final = 0.875
"""And at most; the others stand for all."""


@dataclass(frozen=True, slots=True)
class RetrievedTasks:
    """Tasks of a large past and their weights for a question.

    Attributes:
        rows: Shape ``(n,)``, distinct: the nearest tasks first, then those that stand for all.
        weights: Of these.
    """

    rows: IntArray
    weights: TaskWeights


def retrieve(
    many: ManyTasks,
    embedding: TaskEmbedding | None,
    forest: TaskForest | None,
    meta_features: MetaFeatures | None,
    *,
    exclude: Collection[str] = (),
    task_id: str | None = None,
) -> RetrievedTasks:
    """The nearest tasks and some that stand for all.

    Weights are a mixture of what a forest says, of what the embedding learned, and of all tasks alike
    (`metamodel.answers.weights.weigh_tasks`). The first part is shared by the tasks that end in the most leaves
    together with the asked one, the second by the nearest tasks, the third by a standing sample; each part has as many
    of the places as it has of the weight. So the time doesn't depend on the number of tasks, and no part is lost among
    a million.

    Args:
        many: The past.
        embedding: Of it, or None.
        forest: Of its core, or None.
        meta_features: Of the asked task, or None where nothing is known.
        exclude: Identifiers of tasks that may not be used.
        task_id: Of the asked task, if it is stored: its own past counts most.
    """
    hidden = many.rows_of(exclude)
    standing = many.standing[~np.isin(many.standing, hidden)]
    own = many.rows_of([] if task_id is None or task_id in exclude else [task_id])
    asked = _Asked(many, embedding, None if many.pool is None else forest, meta_features, hidden)
    alike = asked.weighed(_with_own(standing, own))
    if alike.weights.strategy is not Strategy.NEIGHBOURS or many.index is None:
        found = alike
    else:
        found = asked.near_and_standing(standing, own)
    if not len(own):
        return found
    return replace(found, weights=found.weights.with_own(np.isin(found.rows, own)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question to a past."""

    many: ManyTasks
    embedding: TaskEmbedding | None
    forest: TaskForest | None
    meta_features: MetaFeatures | None
    hidden: IntArray

    def weighed(self, rows: IntArray) -> RetrievedTasks:
        """Some tasks, as if there were no others; the forest says nothing of them, but counts in the trust."""
        weights = weigh_tasks(
            self.meta_features,
            self.embedding,
            self.many.places_of(rows),
            np.ones(len(rows), dtype=bool),
            n_known=len(self.many) - len(self.hidden),
            forest=self.forest,
            by_forest=np.zeros(len(rows)),
        )
        return RetrievedTasks(rows, weights.shared(self.many.shares_of(rows)))

    def near_and_standing(self, standing: IntArray, own: IntArray) -> RetrievedTasks:
        """Those of the largest weights, and those that stand for all."""
        many, embedding = self.many, self.embedding
        assert embedding is not None  # noqa: S101  # callers have checked; narrows the type
        assert self.meta_features is not None  # noqa: S101  # what the strategy says
        meta_features = self.meta_features.in_version(embedding.scaler.version)
        location = embedding.locate(meta_features)
        at, familiarity = location.coordinates, location.familiarity
        learned = (1.0 - embedding.uniform_share) * familiarity
        by_trees = 0.0 if self.forest is None else self.forest.share * familiarity
        alike, by_forest = self._in_leaves(location.inputs, round(N_RETRIEVED * by_trees))
        places = N_RETRIEVED - len(alike)
        n_near = round(float(np.clip(places * learned, MIN_NEAR * places, MAX_NEAR * places)))
        near = many.nearest(embedding, at, n_near + len(self.hidden))
        near = near[~np.isin(near, self.hidden)][:n_near]
        either = np.concatenate([near, alike[~np.isin(alike, near)]])
        others = standing[~np.isin(standing, either)][: N_RETRIEVED - len(either)]
        rows = _with_own(np.concatenate([either, others]), own)
        found = self.weighed(rows)
        shares = many.shares_of(rows)
        is_near, stands = np.isin(rows, near), np.isin(rows, others)
        close = embedding.closeness(at, many.places_of(rows)) * is_near * shares
        both = learned * _summing_to_one(close) + (1.0 - learned) * _summing_to_one(stands * shares)
        if len(alike):
            trees = np.zeros(len(rows))
            trees[[int(np.flatnonzero(rows == row)[0]) for row in alike]] = by_forest
            both = (1.0 - by_trees) * both + by_trees * _summing_to_one(trees)
        return RetrievedTasks(rows, replace(found.weights, near=_summing_to_one(both)))

    def _in_leaves(self, inputs: FloatArray, n: int) -> tuple[IntArray, FloatArray]:
        """The `n` tasks that the forest gives the largest weights, for scaled inputs ``(d,)``, and these."""
        pool = self.many.pool
        if self.forest is None or pool is None or n == 0:
            return np.zeros(0, dtype=np.intp), np.zeros(0)
        ends = self.forest.ends(inputs[None])[0]
        weights = pool.weights(ends, self.many.shares[pool.rows])
        weights[np.isin(pool.rows, self.hidden)] = 0.0
        at = heaviest(weights, n)
        return pool.rows[at].astype(np.intp), weights[at]


def _with_own(rows: IntArray, own: IntArray) -> IntArray:
    return np.concatenate([own[~np.isin(own, rows)], rows])


def _summing_to_one(weights: FloatArray) -> FloatArray:
    return weights / max(float(weights.sum()), 1e-300)
