"""Narrower ranges that past tasks suggest, and what narrowing costs on tasks that had no say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution

from metamodel.maps.performance_maps import PerformanceMaps
from metamodel.space.cube import UnitCube, from_unit, to_unit
from warmtune.vocabulary.arrays import BoolArray, FloatArray
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import SearchSpace

MIN_TASKS = 10
"""Fewer past tasks say nothing about where good values of others lie."""
N_FOLDS = 5
_NEAR_BEST = 0.02
_TAIL = 0.05
_HARM = 0.01


@dataclass(frozen=True, slots=True)
class NarrowedRange:
    """Where the best values of past tasks lie.

    Attributes:
        name: The parameter.
        low: Lower end, or None for a category.
        high: Upper end, or None for a category.
        choices: Of a category, those that are among the best of some task; else empty.
        kept: Which share of the whole range that is, on its own scale.
    """

    name: str
    low: ParameterValue | None
    high: ParameterValue | None
    choices: tuple[ParameterValue, ...]
    kept: float


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Narrower ranges and their price.

    Attributes:
        ranges: One for each parameter that past tasks say something about, in the space's order.
        n_tasks: Past tasks.
        mean_loss: Normalised regret that the best configuration within has, on average over left-out tasks.
        harmed: Share of left-out tasks that lose more than .01.
    """

    ranges: tuple[NarrowedRange, ...]
    n_tasks: int
    mean_loss: float
    harmed: float


def suggest_ranges(space: SearchSpace, maps: PerformanceMaps) -> Narrowing | None:
    """Ranges that hold nine tenths of the best values of past tasks (Perrone et al. 2019, by quantiles).

    Each task's configurations within .02 of its best share its vote, so that a flat optimum counts as wide. The price
    is measured by folds: ranges from four fifths of the tasks, the loss on the others.

    Args:
        space: The search space.
        maps: Of its past tasks.

    Returns:
        None with fewer than `MIN_TASKS` past tasks.
    """
    utility = maps.mean[:, : maps.n_tried]
    n_tasks = len(utility)
    if n_tasks < MIN_TASKS:
        return None
    points, active = UnitCube(space).encode(maps.anchors[: maps.n_tried])
    votes = _votes(utility)
    best = utility.max(axis=1)
    losses = np.zeros(n_tasks)
    fold_of = np.random.default_rng(0).permutation(n_tasks) % N_FOLDS
    for fold in range(N_FOLDS):
        held = fold_of == fold
        within = _within(space, points, active, votes[~held].sum(axis=0))
        if within.any():
            losses[held] = best[held] - utility[np.ix_(held, within)].max(axis=1)
        else:
            losses[held] = 1.0
    ranges = _ranges(space, points, active, votes.sum(axis=0))
    return Narrowing(ranges, n_tasks, float(losses.mean()), float((losses > _HARM).mean()))


def _votes(utility: FloatArray) -> FloatArray:
    """Each task's share of a vote by configuration; shape ``(T, A)``, rows sum to 1."""
    good = utility >= utility.max(axis=1, keepdims=True) - _NEAR_BEST
    votes: FloatArray = good / good.sum(axis=1, keepdims=True)
    return votes


def _ranges(space: SearchSpace, points: FloatArray, active: BoolArray, votes: FloatArray) -> tuple[NarrowedRange, ...]:
    found = []
    for column, (name, distribution) in enumerate(space.parameters.items()):
        cell = _cell(distribution, points[:, column], votes * active[:, column])
        if cell is None:
            continue
        if isinstance(distribution, CategoricalDistribution):
            places = np.array([to_unit(name, distribution, choice) for choice in distribution.choices])
            chosen = tuple(c for c, is_in in zip(distribution.choices, _inside(cell, places), strict=True) if is_in)
            found.append(NarrowedRange(name, None, None, chosen, len(chosen) / len(distribution.choices)))
        else:
            low, high = cell[0]
            ends = from_unit(distribution, low), from_unit(distribution, high)
            found.append(NarrowedRange(name, ends[0], ends[1], (), high - low))
    return tuple(found)


def _within(space: SearchSpace, points: FloatArray, active: BoolArray, votes: FloatArray) -> BoolArray:
    """Which configurations lie within all ranges; an inactive parameter is no reason against one."""
    within = np.ones(len(points), dtype=bool)
    for column, distribution in enumerate(space.parameters.values()):
        cell = _cell(distribution, points[:, column], votes * active[:, column])
        if cell is not None:
            within &= _inside(cell, points[:, column]) | ~active[:, column]
    return within


Cell = Sequence[tuple[float, float]]


def _cell(distribution: BaseDistribution, coordinates: FloatArray, votes: FloatArray) -> Cell | None:
    """Intervals of a coordinate that hold the votes but for both tails; None where nobody votes."""
    total = float(votes.sum())
    if total <= 0.0:
        return None
    if isinstance(distribution, CategoricalDistribution):
        k = len(distribution.choices)
        share = np.bincount(np.minimum((coordinates * k).astype(int), k - 1), weights=votes, minlength=k) / total
        kept = np.flatnonzero(share >= min(_TAIL, float(share.max())))
        return [(i / k, (i + 1) / k) for i in kept]
    order = np.argsort(coordinates, kind="stable")
    cumulative = np.cumsum(votes[order]) / total
    low = coordinates[order[int(np.searchsorted(cumulative, _TAIL))]]
    high = coordinates[order[min(int(np.searchsorted(cumulative, 1.0 - _TAIL)), len(order) - 1)]]
    return [(float(low), float(high))]


def _inside(cell: Cell, coordinates: FloatArray) -> BoolArray:
    """Which coordinates lie in one of the intervals."""
    inside = np.zeros(len(coordinates), dtype=bool)
    for low, high in cell:
        inside |= (coordinates >= low - 1e-9) & (coordinates <= high + 1e-9)
    return inside
