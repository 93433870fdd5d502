"""From a question to the few tasks of a large past that answer it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from metamodel.answers.weights import TaskWeights, weigh_tasks
from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.large.many_tasks import ManyTasks
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.task import MetaFeatures

N_RETRIEVED: Final = 256
"""Tasks that an answer rests on, as many as portfolios and suggestions look at."""
MIN_NEAR: Final = 64
MAX_NEAR: Final = 224
"""Nearest tasks among them; the others stand for all."""


@dataclass(frozen=True, slots=True)
class Retrieved:
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
    meta_features: MetaFeatures | None,
    *,
    exclude: Collection[str] = (),
    task_id: str | None = None,
) -> Retrieved:
    """The nearest tasks and some that stand for all.

    Weights are a mixture of what the embedding learned and of all tasks alike (`TaskEmbedding.weights`). The first part
    is shared by the nearest tasks, and as many of the places as it has of the weight; the second part by a standing
    sample. So the time doesn't depend on the number of tasks, and neither part is lost among a million.

    Args:
        many: The past.
        embedding: Of it, or None.
        meta_features: Of the asked task, or None where nothing is known.
        exclude: Identifiers of tasks that may not be used.
        task_id: Of the asked task, if it is stored: its own past counts most.
    """
    hidden = many.names.rows_of(exclude)
    standing = many.standing[~np.isin(many.standing, hidden)]
    own = many.names.rows_of([] if task_id is None or task_id in exclude else [task_id])
    n_known = len(many) - len(hidden)
    alike = _weighed(many, embedding, meta_features, _with_own(standing, own), n_known=n_known)
    if alike.weights.strategy is not Strategy.NEIGHBOURS or many.index is None:
        found = alike
    else:
        assert embedding is not None and meta_features is not None  # noqa: S101  # what the strategy says
        found = _near_and_standing(many, embedding, meta_features, hidden, standing, own)
    if not len(own):
        return found
    return replace(found, weights=found.weights.with_own(np.isin(found.rows, own)))


def _weighed(
    many: ManyTasks,
    embedding: TaskEmbedding | None,
    meta_features: MetaFeatures | None,
    rows: IntArray,
    *,
    n_known: int,
) -> Retrieved:
    places = many.places[rows].astype(np.float64)
    included = np.ones(len(rows), dtype=bool)
    weights = weigh_tasks(meta_features, embedding, places, included, n_known=n_known)
    return Retrieved(rows, weights.shared(many.shares[rows].astype(np.float64)))


def _near_and_standing(  # noqa: PLR0917  # the question and what is known of it
    many: ManyTasks,
    embedding: TaskEmbedding,
    meta_features: MetaFeatures,
    hidden: IntArray,
    standing: IntArray,
    own: IntArray,
) -> Retrieved:
    assert many.index is not None  # noqa: S101  # callers have checked; narrows the type
    meta_features = meta_features.in_version(embedding.scaler.version)
    location = embedding.locate(meta_features)
    at, learned = location.coordinates, (1.0 - embedding.uniform_share) * location.familiarity
    n_near = int(np.clip(round(N_RETRIEVED * learned), MIN_NEAR, MAX_NEAR))
    near = many.index.nearest(at, n_near + len(hidden))
    near = near[~np.isin(near, hidden)][:n_near]
    others = standing[~np.isin(standing, near)][: N_RETRIEVED - len(near)]
    rows = _with_own(np.concatenate([near, others]), own)
    found = _weighed(many, embedding, meta_features, rows, n_known=len(many) - len(hidden))
    shares = many.shares[rows].astype(np.float64)
    is_near, stands = np.isin(rows, near), np.isin(rows, others)
    close = embedding.closeness(at, many.places[rows].astype(np.float64)) * is_near * shares
    both = learned * _summing_to_one(close) + (1.0 - learned) * _summing_to_one(stands * shares)
    return Retrieved(rows, replace(found.weights, near=_summing_to_one(both)))


def _with_own(rows: IntArray, own: IntArray) -> IntArray:
    return np.concatenate([own[~np.isin(own, rows)], rows])


def _summing_to_one(weights: FloatArray) -> FloatArray:
    return weights / max(float(weights.sum()), 1e-300)
