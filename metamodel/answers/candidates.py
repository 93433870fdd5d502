"""The points that a suggestion chooses among: anchors, steps around the best trials, and points from anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metamodel.maps.anchors import Key, configuration_key
from metamodel.maps.performance_maps import PerformanceMaps
from metamodel.space.cube import UnitCube
from metamodel.space.design import space_filling
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Configuration, SearchSpace

N_LOCAL = 64
N_RANDOM = 32
N_CENTRES = 3
N_DESIGN = 128
SMALL_STEP, LARGE_STEP = 0.02, 0.3


@dataclass(frozen=True, slots=True)
class AnchorSet:
    """Configurations that are always among the candidates.

    Attributes:
        configurations: ``A`` of them, distinct.
        features: Shape ``(A, D)``: `UnitCube.features`.
        position: Index of each by its key.
    """

    configurations: Sequence[dict[str, ParameterValue]]
    features: FloatArray
    position: Mapping[Key, int]

    @classmethod
    def of_maps(cls, maps: PerformanceMaps) -> "AnchorSet":
        """Those that past tasks were completed at."""
        return cls(maps.anchors, maps.features, maps.position)

    @classmethod
    def of_design(cls, space: SearchSpace, *, seed: int) -> "AnchorSet":
        """A space-filling design, where there is no past: `N_DESIGN` configurations, fewer in a small space."""
        distinct = {configuration_key(c): c for c in space_filling(space, N_DESIGN, seed=seed)}
        cube = UnitCube(space)
        configurations = list(distinct.values())
        features = cube.features(*cube.encode(configurations))
        return cls(configurations, features, {key: at for at, key in enumerate(distinct)})


@dataclass(frozen=True, slots=True)
class Pool:
    """The points of one suggestion: what is fixed (tried, then waiting), all anchors, and local candidates.

    Attributes:
        fixed: Tried and waiting configurations.
        anchors: The given ones.
        local: Steps around the best trials, and fresh random configurations.
        features: Shape ``(P, D)`` of all, in this order.
        at: Shape ``(P,)``: index of the same anchor, -1 where there is none.
        open: Shape ``(P,)``: what may be suggested.
    """

    fixed: Sequence[Configuration]
    anchors: Sequence[dict[str, ParameterValue]]
    local: Sequence[dict[str, ParameterValue]]
    features: FloatArray
    at: NDArray[np.intp]
    open: NDArray[np.bool_]

    @classmethod
    def around(
        cls,
        space: SearchSpace,
        anchors: AnchorSet,
        fixed: Sequence[Configuration],
        scores: FloatArray,
        *,
        with_local: bool,
        seed: int,
    ) -> "Pool":
        """The points for a study.

        Args:
            space: The search space.
            anchors: Configurations that are always considered.
            fixed: Tried configurations, then waiting ones.
            scores: Shape ``(k,)``: signed scores of the tried ones.
            with_local: Whether configurations besides the anchors are considered.
            seed: Of these.
        """
        cube = UnitCube(space)
        best = [fixed[int(i)] for i in np.argsort(-scores, kind="stable")[:N_CENTRES]]
        keys = [configuration_key(c) for c in fixed]
        taken = set(keys)
        rng = np.random.default_rng([seed, len(fixed)])
        candidates = _local_candidates(cube, best, rng) if with_local else []
        new = {configuration_key(c): c for c in candidates}
        local = [c for key, c in new.items() if key not in taken and key not in anchors.position]
        features = [cube.features(*cube.encode(fixed)), anchors.features]
        if local:
            features.append(cube.features(*cube.encode(local)))
        fixed_at = np.array([anchors.position.get(key, -1) for key in keys], dtype=np.intp)
        n_anchors = len(anchors.configurations)
        open_anchors = np.ones(n_anchors, dtype=bool)
        open_anchors[fixed_at[fixed_at >= 0]] = False
        return cls(
            fixed=fixed,
            anchors=anchors.configurations,
            local=local,
            features=np.concatenate(features),
            at=np.concatenate([fixed_at, np.arange(n_anchors), np.full(len(local), -1)]),
            open=np.concatenate([np.zeros(len(fixed), bool), open_anchors, np.ones(len(local), bool)]),
        )

    def configuration(self, point: int) -> dict[str, ParameterValue]:
        """Of an anchor or a local candidate."""
        after = point - len(self.fixed)
        return self.anchors[after] if after < len(self.anchors) else self.local[after - len(self.anchors)]


def _local_candidates(
    cube: UnitCube, best: Sequence[Configuration], rng: np.random.Generator
) -> list[dict[str, ParameterValue]]:
    """Random steps, small and large, around the best trials, and points from anywhere."""
    points = cube.encode(best)[0]
    centres = points[rng.integers(len(points), size=N_LOCAL)]
    moved = rng.random(centres.shape) < np.maximum(0.3, 1.0 / centres.shape[1])
    sizes = np.exp(rng.uniform(np.log(SMALL_STEP), np.log(LARGE_STEP), size=(N_LOCAL, 1)))
    steps = np.where(moved, rng.normal(size=centres.shape) * sizes, 0.0)
    return cube.decode(np.clip(np.concatenate([centres + steps, rng.random((N_RANDOM, centres.shape[1]))]), 0.0, 1.0))
