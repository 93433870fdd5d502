"""How the hypervolume that a study's trials dominate grew, for any number of objectives.

One number says how far a front has come: the volume between its points and a reference point that is worse in every
objective (Zitzler and Thiele, 1999). Here it is a share of the box between the reference and the best value of each
objective, so that it has no unit and is at most 1.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from metamodel.answers.hypervolume import random_directions, scalarised
from warmtune.vocabulary.arrays import FloatArray, IntArray

EXACT_OBJECTIVES: Final = 3
"""Up to here the volume of a front of thousands is exact in a moment; beyond, the time grows with a power of them."""
N_DIRECTIONS: Final = (256, 4_096)
"""Rays of an estimate, of many values and of few: its standard error is a few hundredths of the volume at most."""
_WORK: Final = 100_000_000
"""Values times rays that an estimate looks at."""
_FENCE: Final = 3.0
"""Interquartile ranges below the lower quartile: what is worse is an outlier, and would hide all growth."""
_MARGIN: Final = 0.1
"""Of the range, by which the reference is worse than the worst value: else the ends of a front would count nothing."""
_CHUNK: Final = 64


@dataclass(frozen=True, slots=True)
class VolumeHistory:
    """The dominated volume after some of the trials.

    Attributes:
        after: Trials that count, ascending from 1. Shape ``(t,)``.
        volumes: Their hypervolume, as a share of the box; never falls. Shape ``(t,)``.
        reference: The corner of the box that counts as nothing, larger is better. Shape ``(k,)``.
        best: The other corner. Shape ``(k,)``.
        is_exact: Else it is estimated by random rays, the same ones for all trials.
    """

    after: IntArray
    volumes: FloatArray
    reference: FloatArray
    best: FloatArray
    is_exact: bool


def volume_history(points: FloatArray, *, at_most: int) -> VolumeHistory | None:
    """The hypervolume after trials in their order.

    The reference is worse, by a tenth of the range, than the worst value of each objective that is no outlier and than
    all values on the front. An objective with one value only says nothing and is left out of the volume.

    Args:
        points: Shape ``(n, k)``, finite, by trial; larger is better.
        at_most: So many numbers of trials are looked at: early ones more closely than late ones.

    Returns:
        None without points, or if no objective has two values.
    """
    if not len(points):
        return None
    scale = np.abs(points).max(axis=0)
    scale[scale == 0.0] = 1.0
    scaled = points / scale  # numbers of any size: their ranges would not be
    reference, best = _box(scaled)
    varies = best > reference
    if not varies.any():
        return None
    gains = (scaled[:, varies] - reference[varies]) / (best[varies] - reference[varies])
    after = _looked_at(len(points), at_most)
    is_exact = gains.shape[1] <= EXACT_OBJECTIVES
    volumes = _exact(gains, after) if is_exact else _estimated(gains, after)
    with np.errstate(over="ignore"):  # a margin beyond the largest number
        return VolumeHistory(after, volumes, reference * scale, best * scale, is_exact)


def _box(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Reference and best, shape ``(k,)`` each; equal where an objective has one value only."""
    low, high = np.quantile(points, [0.25, 0.75], axis=0)
    fence = low - _FENCE * (high - low)
    worst = np.where(points >= fence, points, np.inf).min(axis=0)
    from moocore import is_nondominated  # noqa: PLC0415  # when first needed

    worst = np.minimum(worst, points[is_nondominated(points, maximise=True)].min(axis=0))
    best = points.max(axis=0)
    return worst - _MARGIN * (best - worst), best


def _looked_at(n: int, at_most: int) -> IntArray:
    if n <= at_most:
        return np.arange(1, n + 1)
    half = at_most // 2
    spread = np.concatenate([np.geomspace(1, n, half), np.linspace(1, n, at_most - half)])
    found: IntArray = np.unique(np.rint(spread).astype(np.int64))
    return found


def _exact(gains: FloatArray, after: IntArray) -> FloatArray:
    from moocore import hypervolume, is_nondominated  # noqa: PLC0415  # when first needed

    volumes, front, before, volume = np.zeros(len(after)), gains[:0], 0, 0.0
    for index, n in enumerate(after):
        new = gains[before:n]
        new = new[(new > 0.0).all(axis=1)]
        if len(new):
            front = np.concatenate([front, new])
            front = front[is_nondominated(front, maximise=True, keep_weakly=False)]
            volume = max(volume, float(hypervolume(front, ref=0.0, maximise=True)))
        volumes[index], before = min(1.0, volume), int(n)
    return volumes


def _estimated(gains: FloatArray, after: IntArray) -> FloatArray:
    """The mean over rays of how far the farthest point reaches along each, a maximum that trials only raise."""
    n_directions = int(np.clip(_WORK // gains.size, *N_DIRECTIONS))
    directions = random_directions(gains.shape[1], n_directions, np.random.default_rng(0))
    reached, volumes, before = np.zeros(n_directions), np.zeros(len(after)), 0
    for index, n in enumerate(after):
        for start in range(before, n, _CHUNK):
            there = scalarised(gains[start : min(start + _CHUNK, n), None], directions[None])
            reached = np.maximum(reached, there.max(axis=0))
        volumes[index], before = min(1.0, float(reached.mean())), int(n)
    return volumes
