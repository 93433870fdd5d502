"""Performance maps: what every past task is expected to score at shared anchor configurations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from metamodel.maps.anchors import Key, choose_anchors, configuration_key
from metamodel.maps.completion import GaussianPrior, KnownScores, complete_maps
from metamodel.maps.history import TaskHistory
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.relevance import learn_axis_scale
from metamodel.maps.surrogates import Surrogate, complete_by
from metamodel.maps.tried import TriedAnchors
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace

LARGEST_SCORE = 1e100
"""Scores beyond it count as it: their squares and their shares of small widths must stay finite."""
_OUTLIER = 4.0
_RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class PerformanceMaps:
    """Utilities of shared anchors for every past task: 1 is its best known score, 0 its worst that isn't an outlier.

    Attributes:
        anchors: Configurations, ``A`` of them; the space's default is the first where there is one.
        n_tried: The first so many are the default and what past tasks tried; the rest is a space-filling design.
        features: Shape ``(A, D)``: `UnitCube.features` of the anchors.
        position: Index of each anchor by its key.
        kernel: Shape ``(A, A)``: `gaussian_kernel` of the features.
        mean: Shape ``(T, A)``: expected utility.
        variance: Shape ``(T, A)``: of that expectation.
        best: Shape ``(T,)``: signed score of utility 1 (sign: larger is better).
        width: Shape ``(T,)``: signed score between utilities 1 and 0.
        durations_s: Shape ``(A,)``: median over tasks, NaN where no trial says.
        coefficients: Shape ``(A, T)``: of the kernel interpolant of each map around its own mean.
        typical: Shape ``(T,)``: median utility of the first `n_tried` anchors.
        axis_scale: Shape ``(D,)``: what `features` are multiplied by before distances from anchors to other points and
            between a study's trials are measured (`metamodel.maps.relevance`); ones where nothing was learned.
    """

    anchors: tuple[dict[str, ParameterValue], ...]
    n_tried: int
    position: Mapping[Key, int]
    features: FloatArray
    kernel: FloatArray
    mean: FloatArray
    variance: FloatArray
    best: FloatArray
    width: FloatArray
    durations_s: FloatArray
    coefficients: FloatArray
    typical: FloatArray
    axis_scale: FloatArray

    def carried_to(self, features: FloatArray, tasks: IntArray) -> FloatArray:
        """Maps at other points, of features ``(m, D)``, for some tasks ``(t,)``; shape ``(t, m)``."""
        centre = self.mean[tasks].mean(axis=1)
        near = gaussian_kernel(features * self.axis_scale, self.features * self.axis_scale)
        at = near @ self.coefficients[:, tasks]
        carried: FloatArray = (at + centre).T
        return carried

    def interpolant(self, mean: FloatArray) -> FloatArray:
        """What carries maps ``(n, A)`` of these anchors to other points: `coefficients` of theirs, shape ``(A, n)``."""
        return interpolant(self.features * self.axis_scale, mean)


@dataclass(frozen=True, slots=True)
class BuiltMaps:
    """Maps and what they were made of.

    Attributes:
        maps: Of the past tasks.
        tried: Which anchors their trials count at.
        prior: What was believed of their utilities before any trials.
    """

    maps: PerformanceMaps
    tried: TriedAnchors
    prior: GaussianPrior


def build_maps(
    space: SearchSpace,
    histories: Sequence[TaskHistory],
    *,
    direction: Direction,
    seed: int,
    surrogate: Surrogate | None = None,
) -> "BuiltMaps":
    """Maps of histories whose configurations are valid in `space` and that have at least one score each.

    Args:
        space: The search space.
        histories: Of the past tasks.
        direction: Which way is better.
        seed: Of anchors and trees.
        surrogate: Completes the maps in place of the empirical prior.
    """
    cube = UnitCube(space)
    anchors, n_tried = choose_anchors(space, histories, direction=direction, seed=seed)
    coordinates, active = cube.encode(anchors)
    features = cube.features(coordinates, active)
    kernel = gaussian_kernel(features, features)
    position = {configuration_key(anchor): i for i, anchor in enumerate(anchors)}
    tried = TriedAnchors.of_histories(space, histories, position, features)
    known, low_high = known_scores(histories, tried, direction)
    completed = complete_maps(known, (low_high[:, 0], low_high[:, 1]), features, kernel, seed=seed)
    if surrogate is not None:
        completed = complete_by(surrogate, known, completed, features)
    axis_scale = learn_axis_scale(cube, features, completed.mean, tried, active=active, seed=seed)
    maps = PerformanceMaps(
        anchors=tuple(anchors),
        n_tried=n_tried,
        position=MappingProxyType(position),
        features=features,
        kernel=kernel,
        mean=completed.mean,
        variance=completed.variance,
        best=completed.best,
        width=completed.width,
        durations_s=_median_durations(histories, tried, len(anchors)),
        coefficients=interpolant(features * axis_scale, completed.mean),
        typical=np.median(completed.mean[:, :n_tried], axis=1),
        axis_scale=axis_scale,
    )
    return BuiltMaps(maps, tried, completed.prior)


def known_scores(
    histories: Sequence[TaskHistory], tried: TriedAnchors, direction: Direction
) -> tuple[list[KnownScores], FloatArray]:
    """What tasks know at the anchors that their trials count at.

    Args:
        histories: Of ``T`` past tasks, each with at least one score.
        tried: Where their trials count.
        direction: Which way is better.

    Returns:
        One for each task, and the signed scores of utilities 0 and 1, shape ``(T, 2)``.
    """
    known, bounds = [], []
    for history, at, closeness in zip(histories, tried.at, tried.closeness, strict=True):
        noise = np.zeros(len(at)) if history.noise is None else history.noise.copy()
        noise += 0.1 * (1.0 - closeness)  # of the distance to the anchor
        signed, low, high = signed_scores(history.scores, direction)
        known.append(KnownScores(at, signed, noise))
        bounds.append((low, high))
    return known, np.array(bounds).reshape(len(known), 2)


def _median_durations(histories: Sequence[TaskHistory], tried: TriedAnchors, n_anchors: int) -> FloatArray:
    log_durations: list[list[float]] = [[] for _ in range(n_anchors)]
    for history, at in zip(histories, tried.at, strict=True):
        for anchor, duration in zip(at, history.durations_s, strict=True):
            if duration > 0:
                log_durations[anchor].append(float(np.log(duration)))
    return np.array([np.exp(np.median(d)) if d else np.nan for d in log_durations])


def interpolant(features: FloatArray, mean: FloatArray) -> FloatArray:
    """Coefficients of the kernel interpolant of each map around its own mean.

    Args:
        features: Shape ``(A, D)`` of the anchors, scaled.
        mean: Shape ``(T, A)``.

    Returns:
        Shape ``(A, T)``.
    """
    kernel = gaussian_kernel(features, features)
    centred = mean - mean.mean(axis=1, keepdims=True)
    coefficients: FloatArray = np.linalg.solve(kernel + _RIDGE * np.eye(len(kernel)), centred.T)
    return coefficients


def signed_scores(scores: FloatArray, direction: Direction) -> tuple[FloatArray, float, float]:
    """A past task's scores as the engine sees them, larger is better, and those of utilities 0 and 1.

    Args:
        scores: Shape ``(n,)``, NaN where failed, at least one finite: a failed trial counts as utility 0.
        direction: Which way is better.
    """
    within = np.clip(scores, -LARGEST_SCORE, LARGEST_SCORE)
    low, high = score_bounds(within, direction)
    return np.where(np.isnan(within), low, direction.sign * within), low, high


def without_outliers(scores: FloatArray, direction: Direction) -> FloatArray:
    """A past task's scores in the metric's own units, none worse than what utility 0 stands for; NaN stays.

    Args:
        scores: Shape ``(n,)``, NaN where failed.
        direction: Which way is better.
    """
    if np.isnan(scores).all():
        return scores
    signed, low, _ = signed_scores(scores, direction)
    return np.where(np.isnan(scores), np.nan, direction.sign * np.maximum(signed, low))


def score_bounds(scores: FloatArray, direction: Direction) -> tuple[float, float]:
    """Signed scores of utilities 0 and 1: the worst that isn't an outlier, and the best.

    A score more than four times as far below the best as the median is would squeeze all others together, so the worst
    is clipped there.

    Args:
        scores: Shape ``(n,)``, NaN where failed, at least one finite.
        direction: Which way is better.
    """
    signed = direction.sign * scores[~np.isnan(scores)]
    high, low, median = float(signed.max()), float(signed.min()), float(np.median(signed))
    if median < high:
        low = max(low, high - _OUTLIER * (high - median))
    return low, high
