"""What is believed of a study's configurations before and after its trials: past tasks, or a surrogate of them."""

from collections.abc import Callable
from functools import partial

import numpy as np

from metamodel.answers.candidates import Pool
from metamodel.answers.snapshot import Snapshot
from metamodel.answers.weights import TaskWeights, heaviest
from metamodel.maps.completion import HIGHEST, LOWEST
from metamodel.maps.performance_maps import PerformanceMaps
from metamodel.maps.posterior import Posterior
from metamodel.maps.prior import TaskPrior, condition
from metamodel.maps.scale import ScalePrior
from metamodel.maps.surrogates import Surrogate, SurrogateRole, condition_by
from warmtune.vocabulary.arrays import FloatArray, IntArray

MAX_TASKS = 256
UNIFORM_SHARE = 0.6
"""Of the prior's weights: trials soon say more about similarity than meta-features (measured on recorded tables)."""


def belief_of(
    model: Snapshot, maps: PerformanceMaps, weights: TaskWeights, pool: Pool
) -> Callable[[IntArray, FloatArray], Posterior]:
    """What conditions on trials: the prior of all past tasks, or the surrogate in its place."""
    by_prior = partial(condition, task_prior(maps, weights, at=pool.at, features=pool.features))
    surrogate = active_surrogate(model)
    if surrogate is None:
        return by_prior
    width = float(np.median(maps.width))

    def by_surrogate(seen: IntArray, scores: FloatArray) -> Posterior:
        believed = condition_by(surrogate, pool.features, width=width, seen=seen, scores=scores)
        return by_prior(seen, scores) if believed is None else believed

    return by_surrogate


def active_surrogate(model: Snapshot) -> Surrogate | None:
    """The surrogate that suggestions rest on instead of the prior; None where there is none."""
    return None if model.use is None else model.use.in_role(SurrogateRole.SUGGESTIONS)


def speaking(weights: TaskWeights) -> IntArray:
    """Which past tasks suggestions rest on: all, or the nearest `MAX_TASKS`, so that cost stays flat."""
    used = np.flatnonzero(weights.uniform > 0.0)
    return heaviest(weights.near, MAX_TASKS) if len(used) > MAX_TASKS else used


def task_prior(maps: PerformanceMaps, weights: TaskWeights, *, at: IntArray, features: FloatArray) -> TaskPrior:
    """The prior at points ``(P, D)``, of which `at` ``(P,)`` names the anchors, -1 for none; of `speaking` tasks."""
    used = speaking(weights)
    utilities = np.empty((len(used), len(at)))
    known = at >= 0
    utilities[:, known] = maps.mean[np.ix_(used, at[known])]
    utilities[:, ~known] = maps.carried_to(features[~known], used)
    near, uniform = weights.near[used], weights.uniform[used]
    uniform = uniform / uniform.sum()
    near = (1.0 - UNIFORM_SHARE) * near / near.sum() + UNIFORM_SHARE * uniform
    scale = ScalePrior.of_tasks(maps.best[used], maps.width[used], uniform)
    return TaskPrior(np.clip(utilities, LOWEST, HIGHEST), near, uniform, features * maps.axis_scale, scale)
