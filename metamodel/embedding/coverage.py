"""Where knowledge is thin: stored tasks that no past task resembles, and which of them to run next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from metamodel.embedding.neighbours import MetaFeatureScaler, distances, n_shared
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.task import Task

MAX_TASKS: Final = 2_000
"""Stored tasks that are looked at, the newest."""


@dataclass(frozen=True, slots=True)
class CoverageGap:
    """A task to run next.

    Attributes:
        task: It.
        nearest: The past task that resembles it most.
        distance: To that one: mean difference of the meta-features that both are known by, in spreads.
        n_served: Tasks without trials that it would be nearest to, itself included.
    """

    task: Task
    nearest: Task
    distance: float
    n_served: int


def coverage_gaps(past: Sequence[Task], without: Sequence[Task], *, n: int) -> tuple[CoverageGap, ...]:
    """The tasks to run next, in order: each is the one farthest from all past tasks and those chosen before it.

    Farthest-first traversal covers the others within twice the best possible radius (Gonzalez 1985). Tasks that share
    no known meta-feature with a past one are left out: nothing says how far they are.

    Args:
        past: Tasks that have trials, at least one.
        without: Tasks that have none.
        n: How many.
    """
    without = without[-MAX_TASKS:]
    if not past or not without:
        return ()
    scaler = MetaFeatureScaler.fit([task.meta_features for task in (*past, *without)])
    if not scaler.names:
        return ()
    known, asked = (scaler.transform([task.meta_features for task in many]) for many in (past, without))
    to_past = np.array([_known_distances(row, known) for row in asked])
    is_placed = np.isfinite(to_past).any(axis=1)
    if not is_placed.any():
        return ()
    without = [task for task, placed in zip(without, is_placed, strict=True) if placed]
    asked, to_past = asked[is_placed], to_past[is_placed]
    nearest, apart = to_past.argmin(axis=1), to_past.min(axis=1)
    left = apart.copy()
    chosen: list[int] = []
    owner = np.full(len(without), -1)
    while len(chosen) < min(n, len(without)):
        pick = int(left.argmax())
        chosen.append(pick)
        to_pick = _known_distances(asked[pick], asked)
        owner[to_pick < left] = len(chosen) - 1
        owner[pick] = len(chosen) - 1
        left = np.minimum(left, to_pick)
        left[pick] = -np.inf
    return tuple(
        CoverageGap(without[pick], past[int(nearest[pick])], float(apart[pick]), int((owner == rank).sum()))
        for rank, pick in enumerate(chosen)
    )


def _known_distances(one: FloatArray, many: FloatArray) -> FloatArray:
    """`distances`, infinite to tasks that share nothing known: none of them is near."""
    return np.where(n_shared(one, many) > 0, distances(one, many), np.inf)
