"""What neural surrogates are measured against: the engine's empirical prior, and a process without any past."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.tuning_tables import TuningTable
from maml.surrogates.score_scale import ScorePrior
from metamodel.maps.completion import KnownScores, complete_maps
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.prior import TaskPrior, condition
from metamodel.maps.scale import ScalePrior
from warmtune.vocabulary.arrays import FloatArray

Indices = NDArray[np.intp]

_NOISE = 1e-3


def engine_prior(
    table: TuningTable, past: Indices, known: list[Indices], seed: int
) -> Callable[[int, Indices, Indices], tuple[FloatArray, FloatArray]]:
    """The engine's completed maps and its conditioning, over the table's configurations, all past tasks alike."""
    features = _features(table)
    scores = [table.scores[task, at] for task, at in zip(past, known, strict=True)]
    low, high = np.array([s.min() for s in scores]), np.array([s.max() for s in scores])
    tasks = [KnownScores(at, s, np.zeros(len(at))) for at, s in zip(known, scores, strict=True)]
    maps = complete_maps(tasks, (low, high), features, gaussian_kernel(features, features), seed=seed)
    used = maps.width > 0
    uniform = np.full(int(used.sum()), 1.0 / used.sum())
    scale = ScalePrior.of_tasks(maps.best[used], maps.width[used], uniform)
    mean = maps.mean[used]
    prior = TaskPrior(mean, uniform, uniform, features, scale)
    centre = float(np.mean(maps.best[used] - maps.width[used]))
    width = float(np.mean(maps.width[used]))
    level_sd = float(np.std(maps.best[used] - maps.width[used]))

    def predict(task: int, observed: Indices, asked: Indices) -> tuple[FloatArray, FloatArray]:
        if len(observed) == 0:  # conditioning needs a trial: the past tasks' own moments
            variance = mean[:, asked].var(axis=0) * width**2 + level_sd**2
            return centre + width * mean[:, asked].mean(axis=0), np.sqrt(variance)
        posterior = condition(prior, observed, table.scores[task, observed])
        average = posterior.weight @ posterior.mean
        second = posterior.weight @ (posterior.sd**2 + (posterior.mean - average) ** 2)
        return average[asked], np.sqrt(second[asked])

    return predict


def own_process(
    table: TuningTable, past: Indices, known: list[Indices], seed: int
) -> Callable[[int, Indices, Indices], tuple[FloatArray, FloatArray]]:
    """A Gaussian process on the task's own trials; past tasks tell the scale of scores only."""
    del seed  # deterministic
    features = _features(table)
    kernel = gaussian_kernel(features, features)
    scale_prior = ScorePrior.of_tasks([table.scores[task, at] for task, at in zip(past, known, strict=True)])

    def predict(task: int, observed: Indices, asked: Indices) -> tuple[FloatArray, FloatArray]:
        scores, n = table.scores[task, observed], len(observed)
        scale = scale_prior.estimate(scores, np.zeros(n), np.ones(n))
        gram = kernel[np.ix_(observed, observed)] + _NOISE * np.eye(n)
        cross = kernel[np.ix_(observed, asked)]
        solved = np.linalg.solve(gram, np.column_stack([scale.normalise(scores), cross]))
        variance = 1.0 - (cross * solved[:, 1:]).sum(axis=0)
        return scale.restore(cross.T @ solved[:, 0], np.sqrt(np.maximum(variance, 1e-9)))

    return predict


def _features(table: TuningTable) -> FloatArray:
    """Coordinates, categories at 0.7, and masks at 0.5 where a column is ever inactive."""
    conditional = ~table.active.all(axis=0)
    return np.column_stack([table.cube, 0.5 * table.active[:, conditional]])
