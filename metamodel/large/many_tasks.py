"""Thousands to millions of past tasks: under a kilobyte each, of which a question looks at the few that matter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metamodel.answers.past_outcomes import PastOutcomes
from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.large.basis import MapBasis
from metamodel.large.fresh import FreshTasks
from metamodel.large.leaf_pool import LeafPool
from metamodel.large.names import TaskNames
from metamodel.large.place_index import PlaceIndex
from metamodel.maps.history import TaskHistory
from metamodel.maps.performance_maps import PerformanceMaps
from warmtune.vocabulary.arrays import Float32Array, FloatArray, IntArray
from warmtune.vocabulary.task import Task

N_STANDING: Final = 256
"""Tasks that stand for all others, where nothing is known of which are similar."""


@dataclass(frozen=True, slots=True)
class PastCounts:
    """Trials of all tasks by anchor, kept only where some of them failed or were infeasible: three bytes each.

    Attributes:
        ends: Shape ``(T,)``: where each task's trials end.
        anchor: Shape ``(m,)``.
        outcome: Shape ``(m,)``: 1 failed, 2 infeasible, 0 neither.
    """

    ends: NDArray[np.int64]
    anchor: NDArray[np.uint16]
    outcome: NDArray[np.uint8]

    @classmethod
    def of(cls, sizes: Sequence[int], blocks: Sequence[tuple[IntArray, NDArray[np.uint8]]]) -> "PastCounts | None":
        """Of trials in the order of their tasks; None where none of them failed or was infeasible.

        Args:
            sizes: Trials of each task.
            blocks: Anchors and outcomes, block after block.
        """
        if not any(outcome.any() for _, outcome in blocks):
            return None
        return cls(
            np.cumsum(sizes, dtype=np.int64),
            np.concatenate([anchor.astype(np.uint16) for anchor, _ in blocks]),
            np.concatenate([outcome for _, outcome in blocks]),
        )

    def of_rows(self, rows: IntArray) -> PastOutcomes:
        """Of some tasks, numbered anew."""
        starts = np.where(rows > 0, self.ends[rows - 1], 0)
        sizes = self.ends[rows] - starts
        at = np.concatenate([np.arange(s, s + n) for s, n in zip(starts, sizes, strict=True)] or [np.zeros(0, np.intp)])
        outcome = self.outcome[at]
        return PastOutcomes(
            task=np.repeat(np.arange(len(rows)), sizes),
            anchor=self.anchor[at].astype(np.intp),
            failed=(outcome == 1).astype(np.float64),
            infeasible=(outcome == 2).astype(np.float64),
        )


@dataclass(frozen=True, slots=True)
class ManyTasks:
    """What is kept of ``T`` past tasks. Immutable; threads may share it.

    Attributes:
        names: Who they are.
        basis: What the numbers stand for.
        coefficients: Shape ``(T, r)``.
        uncertainty: Shape ``(T, q)``.
        best: Shape ``(T,)``: signed scores of utility 1.
        width: Shape ``(T,)``: signed scores between utilities 1 and 0.
        typical: Shape ``(T,)``: median utilities of the anchors that somebody has tried.
        places: Shape ``(T, E)``: in the embedding.
        shares: Shape ``(T,)``: how much each counts beside its near copies.
        standing: Shape ``(n,)``: rows that stand for all.
        counts: Their trials' outcomes; None where none failed or was infeasible.
        pool: Tasks that a forest chooses among; None where there is none.
        index: Of the places; None where nothing shows which tasks are similar.
        fresh: Tasks whose trials came in since; they take the place of what was learned of them.
    """

    names: TaskNames
    basis: MapBasis
    coefficients: Float32Array
    uncertainty: Float32Array
    best: FloatArray
    width: FloatArray
    typical: Float32Array
    places: Float32Array
    shares: Float32Array
    standing: IntArray
    counts: PastCounts | None
    pool: LeafPool | None
    index: PlaceIndex | None = field(compare=False)
    fresh: FreshTasks | None = None

    def __len__(self) -> int:
        """How many tasks."""
        return self.n_learned + (0 if self.fresh is None else len(self.fresh.new_rows))

    @property
    def n_learned(self) -> int:
        """How many of them it was learned from."""
        return len(self.best)

    def task(self, row: int) -> Task:
        """A task without its meta-features."""
        if row < self.n_learned:
            return self.names.task(row)
        assert self.fresh is not None  # noqa: S101  # no other row is that large
        return self.fresh.tasks[row].task

    def rows_of(self, task_ids: Iterable[str]) -> IntArray:
        """Rows of those identifiers that are known, ascending."""
        ids = list(task_ids)
        rows = self.names.rows_of(ids)
        if self.fresh is None:
            return rows
        new = [row for task_id in ids if (row := self.fresh.new_rows.get(task_id)) is not None]
        return np.concatenate([rows, np.array(sorted(new), dtype=np.intp)])

    def places_of(self, rows: IntArray) -> FloatArray:
        """Places of some tasks, shape ``(n, E)``."""
        return self._now("places", rows).astype(np.float64)

    def shares_of(self, rows: IntArray) -> FloatArray:
        """Shares of some tasks, shape ``(n,)``."""
        return self._now("shares", rows).astype(np.float64)

    def nearest(self, embedding: TaskEmbedding, own: FloatArray, n: int) -> IntArray:
        """Rows of the `n` tasks of the largest weight for one at ``own`` ``(E,)``, the heaviest first; ties any way."""
        if self.index is None:
            return np.arange(min(n, self.n_learned))
        if self.fresh is None:
            return self.index.nearest(own, n)
        old = self.index.nearest(own, n + len(self.fresh.rows))
        rows = np.concatenate([self.fresh.rows, old[~np.isin(old, self.fresh.rows)]])
        order = np.argsort(-embedding.closeness(own, self.places_of(rows)), kind="stable")
        return rows[order[:n]]

    def outcomes_of(self, rows: IntArray) -> PastOutcomes | None:
        """Of the trials of some tasks, numbered anew; None where no task failed when the past was learned from."""
        if self.counts is None:
            return None
        fresh = () if self.fresh is None else np.flatnonzero(np.isin(rows, self.fresh.rows)).tolist()
        old = np.setdiff1d(np.arange(len(rows)), np.array(fresh, dtype=np.intp))
        found = self.counts.of_rows(rows[old])
        parts = [(old[found.task], found.anchor, found.failed, found.infeasible)]
        for place in fresh:
            assert self.fresh is not None  # noqa: S101  # narrows the type
            one = self.fresh.tasks[int(rows[place])]
            task = np.full(len(one.anchor), place, dtype=np.intp)
            parts.append((task, one.anchor, *((one.outcome == kind).astype(np.float64) for kind in (1, 2))))
        return PastOutcomes(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _now(self, name: str, rows: IntArray) -> NDArray[Any]:
        """One kind of numbers of some tasks, those of fresh ones from there."""
        learned: NDArray[Any] = getattr(self, name)
        if self.fresh is None:
            return learned[rows]
        found = learned[np.minimum(rows, self.n_learned - 1)]
        for place in np.flatnonzero(np.isin(rows, self.fresh.rows)):
            found[place] = getattr(self.fresh.tasks[int(rows[place])], name)
        return found

    @property
    def n_bytes(self) -> int:
        """Of what grows with the tasks."""
        arrays: list[NDArray[Any]] = [self.coefficients, self.uncertainty, self.best, self.width, self.typical]
        arrays += [self.places, self.shares, self.names.text, self.names.ends, self.names.kinds, self.names.order]
        if self.counts is not None:
            arrays += [self.counts.ends, self.counts.anchor, self.counts.outcome]
        return sum(array.nbytes for array in arrays)

    def maps_of(self, rows: IntArray, like: PerformanceMaps) -> PerformanceMaps:
        """Whole maps of some tasks, at the anchors of others' maps."""
        return self.basis.maps(
            like,
            self._now("coefficients", rows),
            self._now("uncertainty", rows),
            best=self._now("best", rows),
            width=self._now("width", rows),
            typical=self._now("typical", rows).astype(np.float64),
        )


def standing_rows(shares: FloatArray, *, seed: int) -> IntArray:
    """A sample of tasks in which near copies together count as one: `N_STANDING` rows, distinct, in random order.

    A weighted draw without replacement (Efraimidis and Spirakis, 2006).
    """
    keys = np.log(np.random.default_rng(seed).random(len(shares))) / shares
    n = min(N_STANDING, len(shares))
    rows: IntArray = np.argpartition(-keys, n - 1)[:n] if n else np.zeros(0, dtype=np.intp)
    return rows[np.argsort(-keys[rows])]


def outcome_codes(histories: Sequence[TaskHistory]) -> NDArray[np.uint8]:
    """How the histories' trials ended, as `PastCounts.outcome`."""
    failed = np.concatenate([history.is_failed for history in histories])
    infeasible = np.concatenate([history.is_infeasible for history in histories])
    return np.where(failed, 1, np.where(infeasible, 2, 0)).astype(np.uint8)
