"""Where the trials of the past count among the anchors: found once, for maps, seconds and failures alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metamodel.maps.anchors import Key, configuration_key
from metamodel.maps.history import TaskHistory
from metamodel.maps.kernels import SQUARED_LENGTH
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.work import check_wanted

BLOCK = 2_048
"""Trials whose distances to all anchors are made together."""


@dataclass(frozen=True, slots=True)
class TriedAnchors:
    """Of each past task's trials the anchor that they count at: the configuration itself, or else the nearest one.

    Attributes:
        at: One array a task, of shape ``(n,)``: the anchors' indices.
        closeness: Likewise: the kernel's correlation with that anchor, in [0, 1]; 1 where it is the configuration.
    """

    at: tuple[IntArray, ...]
    closeness: tuple[FloatArray, ...]

    @classmethod
    def of_histories(
        cls, space: SearchSpace, histories: Sequence[TaskHistory], position: Mapping[Key, int], features: FloatArray
    ) -> "TriedAnchors":
        """Look up all trials.

        Args:
            space: The search space; the histories' configurations must be valid in it.
            histories: Of ``T`` past tasks.
            position: Index of each anchor by its key.
            features: Shape ``(A, D)`` of the anchors.
        """
        tried = [configuration for history in histories for configuration in history.configurations]
        at, closeness = located(space, tried, position, features)
        ends = np.cumsum([len(history.configurations) for history in histories])[:-1]
        return cls(tuple(np.split(at, ends)), tuple(np.split(closeness, ends)))


def located(
    space: SearchSpace, tried: Sequence[Configuration], position: Mapping[Key, int], features: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Anchor and closeness of each configuration, both of shape ``(n,)``; the arguments are those of `TriedAnchors`."""
    at = np.array(_positions(tried, position), dtype=np.intp)
    closeness = np.ones(len(at))
    strange = np.flatnonzero(at < 0)
    cube = UnitCube(space)
    for start in range(0, len(strange), BLOCK):
        check_wanted()
        rows = strange[start : start + BLOCK]
        points = cube.features(*cube.encode([tried[int(row)] for row in rows]))
        at[rows], closeness[rows] = _nearest(points, features)
    return at, closeness


def _positions(tried: Sequence[Configuration], position: Mapping[Key, int]) -> list[int]:
    """Of each configuration, -1 where it is no anchor; one that several tasks share as an object is looked up once."""
    by_object: dict[int, int] = {}
    found = []
    for configuration in tried:
        at = by_object.get(id(configuration))
        if at is None:
            at = by_object[id(configuration)] = position.get(configuration_key(configuration), -1)
        found.append(at)
    return found


def _nearest(points: FloatArray, features: FloatArray) -> tuple[IntArray, FloatArray]:
    """Nearest anchor of each of ``m`` points, shape ``(m,)``, and the kernel's correlation with it."""
    squared = (points**2).sum(axis=1)[:, None] + (features**2).sum(axis=1) - 2.0 * points @ features.T
    at = squared.argmin(axis=1)
    least = np.maximum(squared[np.arange(len(at)), at], 0.0)
    return at, np.exp(-least / (2.0 * SQUARED_LENGTH * max(features.shape[1], 1)))
