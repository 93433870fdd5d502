"""How far apart the values of each parameter are, by what past tasks scored.

A space has parameters that hardly matter beside a few that do. A kernel that takes all axes alike calls two
configurations far apart that differ in what doesn't matter, and so learns little from one of the other. Here every
parameter has a weight: those weights under which the scores of the past tasks are most likely, each task's given the
maps of the others (automatic relevance determination: Rasmussen and Williams 2006, section 5.1). What the others'
covariance explains says nothing of the kernel, which stands for what is a task's own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from metamodel.maps.completion import NOISE, OWN_SHARE
from metamodel.maps.kernels import SQUARED_LENGTH
from metamodel.maps.tried import TriedAnchors
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.work import check_wanted

MIN_TASKS: Final = 5
"""Fewer tasks show what a parameter did there, but not what it does."""
MAX_TASKS: Final = 60
"""Tasks whose scores are explained; the covariance is that of all."""
MIN_ANCHORS, MAX_ANCHORS = 6, 30
"""Of one task."""
MIN_ACTIVE: Final = 0.5
"""Of the parameters, on average over the anchors."""
_LOG_SD: Final = 1.0
"""Standard deviation of a weight's logarithm before any scores: e times more or less is likely."""
_LOG_BOUNDS: Final = (-4.0, 2.5)
_LOG_AMOUNT_BOUNDS: Final = (-3.0, 3.0)
"""Of the kernel's amount, in units of what it is before any scores."""
_SMALLEST_VALUE: Final = 1e-3
"""Tasks whose utilities are all this near to each other's mean say nothing."""
_MAX_STEPS: Final = 30
_MAX_DISTANCES: Final = 4_000_000
"""Of all tasks, anchors and parameters: in a space of hundreds of parameters fewer tasks are learned from."""


def learn_axis_scale(
    cube: UnitCube, features: FloatArray, maps: FloatArray, tried: TriedAnchors, *, active: BoolArray, seed: int
) -> FloatArray:
    """What each axis is multiplied by.

    Where most parameters of a configuration are inactive, as those of other algorithms are in a space that chooses one,
    few pairs of trials say anything about a parameter, and the weights cost more than they gain (measured): all axes
    stay as they are.

    Args:
        cube: Of the search space, ``p`` parameters on ``D`` axes.
        features: Shape ``(A, D)`` of the anchors.
        maps: Shape ``(T, A)``: utilities, completed.
        tried: Which anchors each task's trials count at: what is only imputed isn't explained.
        active: Shape ``(A, p)``: which parameters each anchor has.
        seed: Of the tasks and anchors where there are many.

    Returns:
        Shape ``(D,)``: square roots of the parameters' weights; ones where fewer than `MIN_TASKS` tasks can tell, or
        a smaller share of the parameters than `MIN_ACTIVE` is active. The mean squared distance between a task's
        anchors stays as it is: the kernel's length isn't what is learned here.
    """
    tasks = None
    if cube.n_parameters > 1 and active.mean() >= MIN_ACTIVE:
        owner = cube.parameter_of_axes()
        tasks = TasksToExplain.of(features, owner, maps, tried, rng=np.random.default_rng(seed))
    if tasks is None:
        return np.ones(features.shape[1])
    from scipy.optimize import minimize  # noqa: PLC0415  # as much as a learned model takes to read

    found = minimize(
        tasks.negative_log_posterior,
        np.zeros(cube.n_parameters + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[_LOG_BOUNDS] * cube.n_parameters + [_LOG_AMOUNT_BOUNDS],
        options={"maxiter": _MAX_STEPS},
    )
    weights = np.exp(found.x[:-1])
    by_parameter = tasks.distances.sum(axis=(0, 1, 2))
    scale: FloatArray = np.sqrt(weights * by_parameter.sum() / (weights @ by_parameter))[owner]
    return scale


@dataclass(frozen=True, slots=True)
class TasksToExplain:
    """What some tasks scored at anchors, and what the other tasks say of it; each task filled up to ``k`` anchors.

    Attributes:
        values: Shape ``(t, k)``: utilities less the others' mean; 0 where filled up.
        known: Shape ``(t, k)``: 1 where there is a value, else 0.
        covariance: Shape ``(t, k, k)``: of the others, with noise; the identity where filled up.
        own: The kernel's amount before any scores.
        distances: Shape ``(t, k, k, p)``: squared differences of parameters, divided by twice the squared length.
    """

    values: FloatArray
    known: FloatArray
    covariance: FloatArray
    own: float
    distances: FloatArray

    @classmethod
    def of(
        cls, features: FloatArray, owner: IntArray, maps: FloatArray, tried: TriedAnchors, *, rng: np.random.Generator
    ) -> "TasksToExplain | None":
        """Those that can tell; None where they are too few.

        Args:
            features: Shape ``(A, D)``.
            owner: Shape ``(D,)``: the parameter of each axis.
            maps: Shape ``(T, A)``.
            tried: Which anchors each task's trials count at.
            rng: Of the tasks and anchors where there are many.
        """
        n_parameters = int(owner.max()) + 1
        most = min(MAX_TASKS, max(MIN_TASKS, _MAX_DISTANCES // (MAX_ANCHORS**2 * n_parameters)))
        chosen = []
        for task in rng.permutation(len(maps)):
            at = np.sort(rng.permutation(np.unique(tried.at[task]))[:MAX_ANCHORS])
            if len(at) >= MIN_ANCHORS:
                chosen.append((int(task), at))
            if len(chosen) == most:
                break
        if len(chosen) < MIN_TASKS:
            return None
        k = max(len(at) for _, at in chosen)
        values, known = np.zeros((len(chosen), k)), np.zeros((len(chosen), k))
        covariance = np.tile(np.eye(k), (len(chosen), 1, 1))
        distances = np.zeros((len(chosen), k, k, n_parameters))
        first_axes = np.flatnonzero(np.diff(owner, prepend=-1))
        for row, (task, at) in enumerate(chosen):
            check_wanted()
            n = len(at)
            others = np.delete(maps[:, at], task, axis=0)
            centred = others - others.mean(axis=0)
            values[row, :n], known[row, :n] = maps[task, at] - others.mean(axis=0), 1.0
            shared = (1.0 - OWN_SHARE) * centred.T @ centred / len(others)
            covariance[row, :n, :n] = shared + NOISE * np.eye(n)
            squared = (features[at][:, None] - features[at][None]) ** 2
            distances[row, :n, :n] = np.add.reduceat(squared, first_axes, axis=2)
        if np.abs(values).max() < _SMALLEST_VALUE or not distances.any():
            return None
        own = OWN_SHARE * max(float((values**2).sum() / known.sum()), 1e-4)
        return cls(values, known, covariance, own, distances / (2.0 * SQUARED_LENGTH * features.shape[1]))

    def negative_log_posterior(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Of log weights ``(p,)`` and the log of the kernel's amount in units of `own` behind them; its gradient."""
        check_wanted()
        weight, own = np.exp(theta[:-1]), self.own * np.exp(theta[-1])
        both = self.known[:, :, None] * self.known[:, None]
        kernel = own * np.exp(-(self.distances @ weight)) * both
        inverse = np.linalg.inv(self.covariance + kernel)
        alpha = (inverse @ self.values[:, :, None])[:, :, 0]
        loss = 0.5 * float((self.values * alpha).sum() - np.linalg.slogdet(inverse)[1].sum())
        slope = 0.5 * (inverse - alpha[:, :, None] * alpha[:, None]) * kernel
        by_weight = -weight * (slope.ravel() @ self.distances.reshape(-1, len(weight)))
        loss += 0.5 * float((theta[:-1] ** 2).sum()) / _LOG_SD**2
        return loss, np.append(by_weight + theta[:-1] / _LOG_SD**2, slope.sum())
