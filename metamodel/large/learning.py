"""A model of a core becomes one of all tasks: the others are conditioned on what the core taught."""

from collections.abc import Sequence

import numpy as np

from metamodel.answers.past_outcomes import PastOutcomes
from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.large.basis import MAX_MODES_FROM, MapBasis
from metamodel.large.many_tasks import ManyTasks, condition_all
from metamodel.large.names import TaskNames
from metamodel.maps.history import TaskHistory
from metamodel.maps.low_rank import LowRankPrior
from metamodel.maps.performance_maps import PerformanceMaps, known_scores
from metamodel.maps.tried import TriedAnchors
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction


def learn_many(
    histories: Sequence[TaskHistory],
    tried: TriedAnchors,
    maps: PerformanceMaps,
    prior: LowRankPrior,
    *,
    embedding: TaskEmbedding | None,
    shares: FloatArray,
    direction: Direction,
    seed: int,
) -> ManyTasks:
    """Condition all tasks on the prior of the core.

    Args:
        histories: Of ``T`` tasks, the core's among them.
        tried: Where their trials count among the anchors.
        maps: Of the core.
        prior: Of these.
        embedding: Trained on the core, or None.
        shares: Shape ``(T,)``: how much each task counts beside its near copies.
        direction: Which way is better.
        seed: Of samples.
    """
    known, low_high = known_scores(histories, tried, direction)
    some = np.random.default_rng(seed).permutation(len(known))[:MAX_MODES_FROM]
    blocks = prior.condition([known[int(row)] for row in some], low_high[some, 0], low_high[some, 1])
    basis = MapBasis.of(prior, [conditioned for _, conditioned in blocks], maps.kernel, seed=seed)
    return condition_all(
        TaskNames.of([history.task for history in histories]),
        basis,
        known,
        low_high,
        n_tried=maps.n_tried,
        embedding=embedding,
        shares=shares,
        outcomes=PastOutcomes.of_histories(histories, tried),
        seed=seed,
    )
