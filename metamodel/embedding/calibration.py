"""How far predicted coordinates are to be trusted, measured on tasks that the predictor didn't see."""

from dataclasses import dataclass

import numpy as np

from warmtune.vocabulary.arrays import FloatArray

_SHARPNESS = (0.25, 0.5, 0.75, 1.0)
_UNIFORM_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_CAUTION = 1.0  # standard errors that an advantage has to exceed
_MAX_EXPLAINED = 0.9


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns predicted coordinates into weights.

    See `metamodel.embedding.task_embedding.TaskEmbedding` for the fields.
    """

    explained: FloatArray
    pull: FloatArray
    stiffness: FloatArray
    uniform_share: float
    gain: float

    @classmethod
    def useless(cls, n_coordinates: int) -> "Calibration":
        """All tasks count alike."""
        nothing = np.zeros(n_coordinates)
        return cls(nothing, nothing, nothing, 1.0, 0.0)


def calibrate(coordinates: FloatArray, predicted: FloatArray) -> Calibration:
    """Fit the weights of past tasks to what held-out predictions are worth.

    In each direction, past tasks are draws from a prior of variance ``s``, and a prediction ``c`` that explains the
    share ``r`` of it leaves the variance ``s (1 - r)``: the posterior divided by the prior is proportional to
    ``exp(c p / (s (1 - r)) - p**2 r / (2 s (1 - r)))``. A sharpness of at most 1 and the share of equal weights are
    chosen so that the weighted mean of the other tasks' coordinates comes nearest to each task's own; where that
    doesn't beat equal weights by a standard error, equal weights it is.

    Args:
        coordinates: Shape ``(T, E)``: of the tasks' own maps, mean 0.
        predicted: Shape ``(T, E)``: by networks that didn't see the task.
    """
    n_tasks = len(coordinates)
    spread = np.maximum(coordinates.var(axis=0), 1e-12)
    slope = (coordinates * predicted).sum(axis=0) / np.maximum((predicted**2).sum(axis=0), 1e-12)
    slope = np.clip(slope, 0.0, 1.2)
    saved = (coordinates**2 - (coordinates - slope * predicted) ** 2) / spread
    explained = saved.mean(axis=0) - _CAUTION * saved.std(axis=0) / np.sqrt(n_tasks)
    explained = np.clip(explained, 0.0, _MAX_EXPLAINED)
    stiffness = explained / (spread * (1.0 - explained))
    pull = np.where(explained > 0.0, slope / (spread * (1.0 - explained)), 0.0)
    exponent = (predicted * pull) @ coordinates.T - 0.5 * (coordinates**2) @ stiffness
    np.fill_diagonal(exponent, -np.inf)  # a task doesn't speak for itself
    equal = (1.0 - np.eye(n_tasks)) / (n_tasks - 1)
    equal_error = ((equal @ coordinates - coordinates) ** 2).sum(axis=1)
    best = (0.0, 0.0, 1.0, 0.0)  # score, sharpness, uniform share, gain
    for sharpness in _SHARPNESS:
        near = np.exp(sharpness * (exponent - exponent.max(axis=1, keepdims=True)))
        near /= near.sum(axis=1, keepdims=True)
        for share in _UNIFORM_SHARES:
            weights = (1.0 - share) * near + share * equal
            more = ((weights @ coordinates - coordinates) ** 2).sum(axis=1) - equal_error
            score = float(more.mean() + _CAUTION * more.std() / np.sqrt(n_tasks))
            if score < best[0]:
                best = (score, sharpness, share, float(-more.sum() / equal_error.sum()))
    _, sharpness, share, gain = best
    if share == 1.0:
        return Calibration.useless(len(spread))
    return Calibration(explained, sharpness * pull, sharpness * stiffness, share, gain)
