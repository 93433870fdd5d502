"""Performance maps: what every past task is expected to score at shared anchor configurations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metamodel.cube import UnitCube
from metamodel.design import space_filling
from metamodel.history import TaskHistory
from metamodel.scores import ScoreScale
from warmtune.distributions import ParameterValue
from warmtune.metrics import Direction
from warmtune.space import SearchSpace

FloatArray = NDArray[np.float64]

FAILED_UTILITY = 0.0
MAX_ANCHORS = 512
_NOISE = 1e-3
_LENGTH = 0.4


@dataclass(frozen=True, slots=True)
class PerformanceMaps:
    """Utilities (1: the task's best known, 0: its worst) of shared anchors, for every past task.

    Attributes:
        anchors: Configurations, ``A`` of them; the space's default is the first where there is one.
        features: Shape ``(A, D)``: `UnitCube.features` of the anchors.
        mean: Shape ``(T, A)``: expected utility.
        variance: Shape ``(T, A)``: of that expectation.
        durations_s: Shape ``(A,)``: median over tasks, NaN where no trial tells.
    """

    anchors: tuple[dict[str, ParameterValue], ...]
    features: FloatArray
    mean: FloatArray
    variance: FloatArray
    durations_s: FloatArray


def build_maps(
    space: SearchSpace, histories: Sequence[TaskHistory], *, direction: Direction, seed: int, max_anchors: int = MAX_ANCHORS
) -> PerformanceMaps:
    """Maps of all histories, whose configurations must be valid in `space`.

    Anchors are the default and the distinct configurations of the past, as many as fit, the best of each task first,
    and then a space-filling design. A task's map is its own Gaussian process over its trials.
    """
    cube = UnitCube(space)
    anchors = _choose_anchors(space, histories, direction=direction, seed=seed, max_anchors=max_anchors)
    features = cube.features(*cube.encode(anchors))
    position = {_key(anchor): i for i, anchor in enumerate(anchors)}
    mean = np.empty((len(histories), len(anchors)))
    variance = np.empty_like(mean)
    log_durations: list[list[float]] = [[] for _ in anchors]
    for row, history in enumerate(histories):
        utility = ScoreScale.fit(history.scores, direction).utility(history.scores)
        utility = np.where(np.isnan(utility), FAILED_UTILITY, utility)
        own = cube.features(*cube.encode(history.configurations))
        mean[row], variance[row] = _interpolate(own, utility, features)
        for configuration, duration in zip(history.configurations, history.durations_s, strict=True):
            at = position.get(_key(configuration))
            if at is not None and duration > 0:
                log_durations[at].append(float(np.log(duration)))
    durations = np.array([np.exp(np.median(d)) if d else np.nan for d in log_durations])
    return PerformanceMaps(tuple(anchors), features, mean, variance, durations)


def kernel(a: FloatArray, b: FloatArray) -> FloatArray:
    """Gaussian kernel of length 0.4 times the root of the dimension; shape ``(n, m)``, ones on equal points."""
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.exp(-np.maximum(squared, 0.0) / (2 * _LENGTH**2 * max(a.shape[1], 1)))


def _interpolate(points: FloatArray, utility: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gaussian process regression with the task's own mean and variance; exact at observed points up to noise."""
    if len(points) == 0:
        return np.full(len(at), 0.5), np.full(len(at), 0.25)
    centre, spread = float(utility.mean()), float(utility.var()) + 1e-6
    gram = kernel(points, points) + _NOISE * np.eye(len(points))
    cross = kernel(at, points)
    solved = np.linalg.solve(gram, np.column_stack([utility - centre, cross.T]))
    mean = centre + cross @ solved[:, 0]
    variance = spread * np.maximum(1.0 - (cross * solved[:, 1:].T).sum(1), 0.0)
    return np.clip(mean, 0.0, 1.0), variance


def _choose_anchors(
    space: SearchSpace, histories: Sequence[TaskHistory], *, direction: Direction, seed: int, max_anchors: int
) -> list[dict[str, ParameterValue]]:
    chosen: dict[tuple[object, ...], dict[str, ParameterValue]] = {}
    default = space.default_configuration()
    if default is not None:
        chosen[_key(default)] = default
    orders = [np.argsort(-direction.sign * np.nan_to_num(h.scores, nan=-np.inf * direction.sign)) for h in histories]
    for depth in range(max((len(o) for o in orders), default=0)):
        for history, order in zip(histories, orders, strict=True):
            if depth < len(order) and len(chosen) < max_anchors:
                configuration = dict(history.configurations[order[depth]])
                chosen.setdefault(_key(configuration), configuration)
    n_fill = min(max(max_anchors - len(chosen), 0), 64)
    for configuration in space_filling(space, n_fill, seed=seed) if n_fill else []:
        chosen.setdefault(_key(configuration), configuration)
    return list(chosen.values())


def _key(configuration: dict[str, ParameterValue] | object) -> tuple[object, ...]:
    items = configuration.items() if isinstance(configuration, dict) else dict(configuration).items()  # type: ignore[call-overload]
    return tuple(sorted((k, type(v).__name__ == "bool", v if not isinstance(v, float) else round(v, 12)) for k, v in items))
