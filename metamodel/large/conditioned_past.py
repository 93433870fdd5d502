"""A model of a core becomes one of all tasks: the others are conditioned on what the core taught, block after block."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.embedding.task_forest import TaskForest
from metamodel.large.basis import MAX_MODES_FROM, MapBasis
from metamodel.large.leaf_pool import PoolWriter
from metamodel.large.lookup import AnchorLookup
from metamodel.large.many_tasks import ManyTasks, PastCounts, outcome_codes, standing_rows
from metamodel.large.past_index import PastIndex
from metamodel.large.place_index import PlaceIndex
from metamodel.maps.completion import KnownScores
from metamodel.maps.durations import Durations, TimedTrials, log_sizes, timed_trials
from metamodel.maps.history import TaskHistory
from metamodel.maps.low_rank import LowRankPrior
from metamodel.maps.performance_maps import PerformanceMaps, known_scores
from metamodel.maps.tried import TriedAnchors
from warmtune.vocabulary.arrays import Float32Array, FloatArray, IntArray
from warmtune.vocabulary.metrics import Direction

N_TIMED: Final = 20_000
"""Tasks, at equal steps, whose trials show how many seconds trials take."""


@dataclass(frozen=True, slots=True)
class ConditionedPast:
    """What is learned from all tasks.

    Attributes:
        many: What is kept of them.
        durations: What trials show of seconds; None where none took any.
        digest: Of all that the tasks' maps follow from.
    """

    many: ManyTasks
    durations: Durations | None
    digest: str


@dataclass(frozen=True, slots=True)
class LearnedCore:
    """What all tasks are conditioned on and described by.

    Attributes:
        basis: What the numbers that are kept stand for.
        n_tried: Anchors that somebody has tried.
        embedding: Trained on the core, or None.
        forest: Grown on the core, or None; with one there is an embedding.
    """

    basis: MapBasis
    n_tried: int
    embedding: TaskEmbedding | None
    forest: TaskForest | None


def basis_of(
    taught: Sequence[TaskHistory],
    tried: TriedAnchors,
    maps: PerformanceMaps,
    prior: LowRankPrior,
    *,
    direction: Direction,
    seed: int,
) -> MapBasis:
    """What the numbers of each task stand for, by some of the tasks that taught the prior.

    Args:
        taught: The core's histories.
        tried: Where their trials count.
        maps: Of the core.
        prior: Of these.
        direction: Which way is better.
        seed: Of the choice.
    """
    known, low_high = known_scores(taught, tried, direction)
    some = np.random.default_rng(seed).permutation(len(known))[:MAX_MODES_FROM]
    blocks = prior.condition([known[int(row)] for row in some], low_high[some, 0], low_high[some, 1])
    return MapBasis.of(prior, [conditioned for _, conditioned in blocks], maps, seed=seed)


def condition_on_core(
    histories: Sequence[TaskHistory],
    past_index: PastIndex,
    lookup: AnchorLookup,
    core: LearnedCore,
    *,
    direction: Direction,
    seed: int,
) -> ConditionedPast:
    """Condition all tasks on the prior of the core.

    Args:
        histories: They are read once, in order, and none is kept.
        past_index: Of them.
        lookup: Of their trials' anchors.
        core: What they are conditioned on.
        direction: Which way is better.
        seed: Of samples.
    """
    embedding, forest = core.embedding, core.forest
    pool = None if forest is None or embedding is None else PoolWriter(forest, embedding.scaler, len(past_index))
    kept = _Kept.empty(len(past_index), core.basis, 0 if embedding is None else len(embedding.spread))
    trials = _Trials(step=max(-(-len(past_index) // N_TIMED), 1))
    for which, block in past_index.blocks(histories):
        tried = lookup.tried(block)
        known, low_high = known_scores(block, tried, direction)
        kept.condition(which.start, known, low_high, core)
        trials.add(which.start, block, tried)
        if pool is not None:
            pool.add(which.start, block)
    many = ManyTasks(
        names=past_index.names,
        basis=core.basis,
        coefficients=kept.coefficients,
        uncertainty=kept.uncertainty,
        best=kept.best,
        width=kept.width,
        typical=kept.typical,
        places=kept.places,
        shares=past_index.shares.astype(np.float32),
        standing=standing_rows(past_index.shares, seed=seed),
        counts=PastCounts.of(past_index.n_trials.tolist(), trials.outcomes),
        pool=None if pool is None else pool.written(),
        index=None if embedding is None else PlaceIndex(embedding, kept.places),
    )
    return ConditionedPast(many, trials.durations(lookup.features), trials.digest.hexdigest())


@dataclass(frozen=True, slots=True)
class _Kept:
    """Numbers of all tasks, filled block after block; as the fields of `ManyTasks`."""

    coefficients: Float32Array
    uncertainty: Float32Array
    best: FloatArray
    width: FloatArray
    typical: Float32Array
    places: Float32Array

    @classmethod
    def empty(cls, n_tasks: int, basis: MapBasis, n_coordinates: int) -> "_Kept":
        single = [basis.prior.loadings.shape[1], basis.variance_modes.shape[1]]
        coefficients, uncertainty = (np.empty((n_tasks, n), dtype=np.float32) for n in single)
        typical, places = np.empty(n_tasks, np.float32), np.empty((n_tasks, n_coordinates), np.float32)
        return cls(coefficients, uncertainty, np.empty(n_tasks), np.empty(n_tasks), typical, places)

    def condition(self, start: int, known: Sequence[KnownScores], low_high: FloatArray, core: LearnedCore) -> None:
        basis, embedding = core.basis, core.embedding
        for within, conditioned in basis.prior.condition(known, low_high[:, 0], low_high[:, 1]):
            rows, maps = start + within, conditioned.mean()
            self.coefficients[rows], self.uncertainty[rows] = conditioned.coefficients, basis.uncertainty(conditioned)
            self.best[rows], self.width[rows] = conditioned.best, conditioned.width
            self.typical[rows] = np.median(maps[:, : core.n_tried], axis=1)
            if embedding is not None:
                self.places[rows] = embedding.place(maps)


@dataclass(slots=True)
class _Trials:
    """What trials show besides maps."""

    step: int
    outcomes: list[tuple[IntArray, NDArray[np.uint8]]] = field(default_factory=list)
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _sizes: list[FloatArray] = field(default_factory=list)
    _timed: list[TimedTrials] = field(default_factory=list)

    def add(self, start: int, block: Sequence[TaskHistory], tried: TriedAnchors) -> None:
        anchors = np.concatenate(tried.at)
        outcome = outcome_codes(block)
        self.outcomes.append((anchors, outcome))
        for history in block:
            self.digest.update(history.task.task_id.encode())
            self.digest.update(history.scores.tobytes())
            self.digest.update(repr(sorted(history.task.meta_features.values.items())).encode())
        for array in (anchors, np.concatenate(tried.closeness), outcome):
            self.digest.update(array.tobytes())
        chosen = [row for row in range(len(block)) if (start + row) % self.step == 0]
        timed = timed_trials([block[row] for row in chosen], TriedAnchors(tuple(tried.at[row] for row in chosen), ()))
        self._timed.append(timed._replace(task=timed.task + len(self._sizes)))
        self._sizes += [log_sizes(block[row].task.meta_features) for row in chosen]

    def durations(self, features: FloatArray) -> Durations | None:
        columns = [np.concatenate(column) for column in zip(*self._timed, strict=True)]
        return Durations.of_trials(np.array(self._sizes), TimedTrials(*columns), features)
