"""How far apart values of each parameter are, by what the past tasks' scores say of them.

A space has parameters that hardly matter beside a few that do. A kernel that takes all axes alike calls two
configurations far apart which differ in what doesn't matter, and so learns little from one of the other. The weights of
the axes are those under which what tasks scored, beyond what all tasks share, is most likely (automatic relevance
determination: Rasmussen and Williams 2006, section 5.1; over many tasks: Wistuba, Schilling and Schmidt-Thieme 2015).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize

from metamodel.maps.kernels import SQUARED_LENGTH
from metamodel.maps.tried import TriedAnchors
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.work import check_wanted

MIN_TASKS: Final = 5
"""Fewer tasks tell what a parameter did there, but not what it does."""
MAX_TASKS: Final = 60
"""Tasks that are learned from: weights hardly change with more."""
MIN_ANCHORS, MAX_ANCHORS = 6, 30
"""Of one task."""
_LOG_SD: Final = 1.0
"""Standard deviation of a weight's logarithm before any scores: e times more or less is likely."""
_LOG_BOUNDS: Final = (-4.0, 2.5)
_NOISE_BOUNDS: Final = (-6.0, 1.0)
_FIRST_NOISE: Final = 0.1
_MAX_STEPS: Final = 30
_MAX_DISTANCES: Final = 4_000_000
"""Of all tasks, anchors and parameters: in a space of hundreds of parameters fewer tasks are learned from."""
_SMALLEST_SPREAD: Final = 1e-3
"""Tasks whose utilities differ less from what all tasks share say nothing."""


def learn_axis_scale(
    cube: UnitCube, features: FloatArray, maps: FloatArray, tried: TriedAnchors, *, seed: int
) -> FloatArray:
    """What each axis is multiplied by.

    Args:
        cube: Of the search space, ``p`` parameters on ``D`` axes.
        features: Shape ``(A, D)`` of the anchors.
        maps: Shape ``(T, A)``: utilities, completed.
        tried: Which anchors each task's trials count at: what is only imputed says nothing here.
        seed: Of the tasks and anchors where there are many.

    Returns:
        Shape ``(D,)``: square roots of the parameters' weights; ones where fewer than `MIN_TASKS` tasks can tell. The
        mean squared distance between a task's anchors stays as it is: the kernel's length isn't what is learned here.
    """
    owner = cube.parameter_of_axes()
    tasks = None
    if cube.n_parameters > 1:
        tasks = TaskResiduals.of(features, owner, maps, tried, rng=np.random.default_rng(seed))
    if tasks is None:
        return np.ones(features.shape[1])
    start = np.append(np.zeros(cube.n_parameters), np.log(_FIRST_NOISE))
    bounds = [_LOG_BOUNDS] * cube.n_parameters + [_NOISE_BOUNDS]
    found = minimize(
        tasks.negative_log_posterior,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": _MAX_STEPS},
    )
    weights = np.exp(found.x[:-1])
    by_parameter = tasks.distances.sum(axis=(0, 1, 2))
    scale: FloatArray = np.sqrt(weights * by_parameter.sum() / (weights @ by_parameter))[owner]
    return scale


@dataclass(frozen=True, slots=True)
class TaskResiduals:
    """What tasks scored at anchors beyond what all tasks do, standardised, each task filled up to ``k`` anchors.

    Attributes:
        values: Shape ``(t, k)``; 0 where filled up.
        known: Shape ``(t, k)``: 1 where there is a value, else 0.
        distances: Shape ``(t, k, k, p)``: squared differences of parameters, divided by twice the squared length.
    """

    values: FloatArray
    known: FloatArray
    distances: FloatArray

    @classmethod
    def of(
        cls, features: FloatArray, owner: IntArray, maps: FloatArray, tried: TriedAnchors, *, rng: np.random.Generator
    ) -> "TaskResiduals | None":
        """Of those tasks that can tell; None where these are too few.

        Args:
            features: Shape ``(A, D)``.
            owner: Shape ``(D,)``: the parameter of each axis.
            maps: Shape ``(T, A)``.
            tried: Which anchors each task's trials count at.
            rng: Of the tasks and anchors where there are many.
        """
        centred = maps - maps.mean(axis=0)
        n_parameters = int(owner.max()) + 1
        most = min(MAX_TASKS, max(MIN_TASKS, _MAX_DISTANCES // (MAX_ANCHORS**2 * n_parameters)))
        rows: list[tuple[IntArray, FloatArray]] = []
        for task in rng.permutation(len(maps)):
            at = np.unique(tried.at[task])
            at = np.sort(rng.permutation(at)[:MAX_ANCHORS])
            own = centred[task, at]
            if len(at) >= MIN_ANCHORS and (spread := float(own.std())) > _SMALLEST_SPREAD:
                rows.append((at, (own - own.mean()) / spread))
            if len(rows) == most:
                break
        if len(rows) < MIN_TASKS:
            return None
        k = max(len(at) for at, _ in rows)
        values, known = np.zeros((len(rows), k)), np.zeros((len(rows), k))
        distances = np.zeros((len(rows), k, k, n_parameters))
        first_axes = np.flatnonzero(np.diff(owner, prepend=-1))
        for row, (at, own) in enumerate(rows):
            n = len(at)
            values[row, :n], known[row, :n] = own, 1.0
            squared = (features[at][:, None] - features[at][None]) ** 2
            distances[row, :n, :n] = np.add.reduceat(squared, first_axes, axis=2)
        if not distances.any():
            return None
        return cls(values, known, distances / (2.0 * SQUARED_LENGTH * features.shape[1]))

    def negative_log_posterior(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Of log weights ``(p,)`` and the log noise behind them, each task's variance profiled out; its gradient."""
        check_wanted()
        weight, noise = np.exp(theta[:-1]), np.exp(theta[-1])
        eye = np.eye(self.values.shape[1])
        both = self.known[:, :, None] * self.known[:, None]
        correlation = np.exp(-(self.distances @ weight)) * both
        correlation += eye * (1.0 - self.known)[:, None]  # what is filled up is a variable of its own: log 1, value 0
        inverse = np.linalg.inv(correlation + noise * eye * self.known[:, None])
        alpha = (inverse @ self.values[:, :, None])[:, :, 0]
        n = self.known.sum(axis=1)
        variance = np.maximum((self.values * alpha).sum(axis=1) / n, 1e-12)
        log_det = -np.linalg.slogdet(inverse)[1]
        loss = 0.5 * float((log_det + n * np.log(variance)).sum())
        slope = 0.5 * (inverse - alpha[:, :, None] * alpha[:, None] / variance[:, None, None]) * both
        by_weight = -weight * ((slope * correlation).ravel() @ self.distances.reshape(-1, len(weight)))
        by_noise = noise * float((slope * eye).sum())
        loss += 0.5 * float((theta[:-1] ** 2).sum()) / _LOG_SD**2
        return loss, np.append(by_weight + theta[:-1] / _LOG_SD**2, by_noise)
