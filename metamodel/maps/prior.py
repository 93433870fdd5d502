"""Beliefs about a new task: four experts on the shape of its map, weighed by how well they predicted its trials."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from metamodel.maps.completion import NOISE, OWN_SHARE
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.observed import Observed
from metamodel.maps.own_trials import condition_alone, log_evidence_alone
from metamodel.maps.posterior import LEAST_WEIGHT, Components, Posterior
from metamodel.maps.scale import ScalePrior
from warmtune.vocabulary.arrays import FloatArray, IntArray

LIKE_ONE_SD: Final = 0.15
"""How far, in utility, a task may be from the past task that it is most like."""
MAX_LIKE_ONE: Final = 40
MAX_BEST_SD: Final = 100.0
LOG_ODDS: Final = np.log(np.array([0.4725, 0.4725, 0.04, 0.015]))
"""Prior weights of the experts: like a mixture of all tasks, like one of them, like none, in a scale of its own."""
OWN_FROM: Final = 8
"""Scored trials from which on the fourth expert is heard: with fewer, its scale is a guess."""


@dataclass(frozen=True, slots=True)
class TaskPrior:
    """What is believed of utilities at ``P`` points before any trial.

    The experts: *all* is a Gaussian process with the past tasks' mean and covariance plus a kernel for what is the
    task's own; *one* says that the task is like one of the past tasks up to a small residual; *none* knows nothing but
    the kernel, in units like those of the past; *own*, from the eighth trial on, takes the units from the trials too.
    The last two keep misleading pasts from holding a study back.

    Attributes:
        maps: Shape ``(T, P)``: utilities of past tasks.
        near: Shape ``(T,)``: weights by similarity, summing to 1.
        uniform: Shape ``(T,)``: weights for the covariance, which needs many tasks.
        features: Shape ``(P, D)`` of the points, for the kernel.
        scale: Prior of the task's units.
    """

    maps: FloatArray
    near: FloatArray
    uniform: FloatArray
    features: FloatArray
    scale: ScalePrior


@dataclass(frozen=True, slots=True)
class Believed:
    """What the trials of a study are believed to be like; the three shares sum to 1.

    Attributes:
        mixture: All past tasks together.
        one: One of them.
        nothing: None of them: the study's own trials only.
        tasks: Shape ``(T,)``: of the share `one`, that of each past task; sums to 1.
    """

    mixture: float
    one: float
    nothing: float
    tasks: FloatArray


def believed(prior: TaskPrior, seen: IntArray, scores: FloatArray) -> Believed:
    """How far past tasks still speak after some trials, by the evidence of the experts of `condition`.

    Args:
        prior: Over ``P`` points.
        seen: Shape ``(k,)``: observed points, at least one.
        scores: Shape ``(k,)``: signed scores.
    """
    kernel = gaussian_kernel(prior.features, prior.features[seen])
    mixture = _mixture(prior, seen, scores, kernel)[0]
    nothing = _alone(prior, seen, scores, kernel)[0]
    of_each = _evidence_of_each(prior, seen, scores, Observed.of(seen, LIKE_ONE_SD**2 * kernel, NOISE))[0]
    own = log_evidence_alone(prior.features[seen], scores) if len(seen) >= OWN_FROM else -np.inf
    totals = LOG_ODDS + np.array([*(np.logaddexp.reduce(e, axis=None) for e in (mixture, of_each, nothing)), own])
    share = np.exp(totals - np.logaddexp.reduce(totals))
    tasks = np.logaddexp.reduce(of_each, axis=0)
    mixture_share, one_share, nothing_share, own_share = map(float, share)
    return Believed(mixture_share, one_share, nothing_share + own_share, np.exp(tasks - np.logaddexp.reduce(tasks)))


def condition(prior: TaskPrior, seen: IntArray, scores: FloatArray) -> Posterior:
    """Condition on signed scores, the task's unknown best and width included.

    Args:
        prior: Over ``P`` points.
        seen: Shape ``(k,)``: observed points, at least one; may repeat.
        scores: Shape ``(k,)``: signed scores.
    """
    kernel = gaussian_kernel(prior.features, prior.features[seen])  # (P, k)
    experts = [
        _mixture(prior, seen, scores, kernel),
        _like_one(prior, seen, scores, LIKE_ONE_SD**2 * kernel),
        _alone(prior, seen, scores, kernel),
    ]
    if len(seen) >= OWN_FROM:
        total = np.logaddexp.reduce([o + np.logaddexp.reduce(e[0]) for o, e in zip(LOG_ODDS, experts, strict=False)])
        own_evidence = log_evidence_alone(prior.features[seen], scores)
        if LOG_ODDS[-1] + own_evidence > total + np.log(LEAST_WEIGHT):
            own = condition_alone(prior.features, seen, scores)
            experts.append((own_evidence + np.log(own.weight), own.width, own.mean, own.sd))
    joint = [(odds + evidence, *rest) for odds, (evidence, *rest) in zip(LOG_ODDS, experts, strict=False)]
    log_evidence, width, mean, sd = (np.concatenate(parts) for parts in zip(*joint, strict=True))
    return Posterior.of((log_evidence, width, mean, sd))


def _mixture(prior: TaskPrior, seen: IntArray, scores: FloatArray, kernel: FloatArray) -> Components:
    """The first expert: a Gaussian process with the past tasks' mean and covariance."""
    centred = prior.maps - prior.uniform @ prior.maps
    factor = np.sqrt(prior.uniform)[:, None] * centred
    shared_variance = (factor**2).sum(axis=0)
    own = OWN_SHARE * max(float(shared_variance.mean()), 1e-4)
    cross = (1.0 - OWN_SHARE) * factor.T @ factor[:, seen] + own * kernel
    variance = (1.0 - OWN_SHARE) * shared_variance + own
    return _gaussian(prior.scale, seen, scores, prior.near @ prior.maps, cross, variance)


def _alone(prior: TaskPrior, seen: IntArray, scores: FloatArray, kernel: FloatArray) -> Components:
    """The third expert: nothing of past tasks but their mean and variance."""
    mean, variance = float(prior.near @ prior.maps.mean(axis=1)), max(float(prior.maps.var()), 1e-4)
    flat = np.full(prior.maps.shape[1], mean)
    return _gaussian(prior.scale, seen, scores, flat, variance * kernel, np.full_like(flat, variance))


def _gaussian(  # noqa: PLR0917  # mean, covariance and variance belong together
    grid: ScalePrior, seen: IntArray, scores: FloatArray, mean: FloatArray, cross: FloatArray, variance: FloatArray
) -> Components:
    """One Gaussian process, conditioned for each width of the grid."""
    observed = Observed.of(seen, cross, NOISE)
    offset, top = _unknown_best(grid, scores)
    excess = observed.excess(offset)
    base = top / grid.width - 1.0
    white = observed.whitened(_in_utility(grid, scores, top) - mean[seen])  # (S, k)
    along = white @ observed.ones
    quadratic = (white**2).sum(axis=1) - excess * along**2
    evidence = grid.log_weight - 0.5 * quadratic - observed.log_scale(offset) - len(seen) * np.log(grid.width)
    means = base[:, None] + mean + white @ observed.half + (excess * along)[:, None] * observed.gap
    return evidence, grid.width, grid.width[:, None] * means, observed.sd(grid.width, variance, excess)


def _evidence_of_each(
    prior: TaskPrior, seen: IntArray, scores: FloatArray, observed: Observed
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log joint evidence of each width and past task ``(S, T)``; whitened scores ``(S, k)`` and maps ``(T, k)``."""
    grid = prior.scale
    with np.errstate(divide="ignore"):
        log_near = np.log(prior.near)
    offset, top = _unknown_best(grid, scores)
    white = observed.whitened(_in_utility(grid, scores, top))
    white_maps = observed.whitened(prior.maps[:, seen])
    quadratic = np.empty((len(white), len(white_maps)))
    for row, (one, excess) in enumerate(zip(white, observed.excess(offset), strict=True)):
        residual = one - white_maps
        quadratic[row] = (residual**2).sum(axis=1) - excess * (residual @ observed.ones) ** 2
    own = grid.log_weight - observed.log_scale(offset) - len(seen) * np.log(grid.width)
    return log_near + own[:, None] - 0.5 * quadratic, white, white_maps


def _like_one(prior: TaskPrior, seen: IntArray, scores: FloatArray, cross: FloatArray) -> Components:
    """The most likely pairs of a past task and a width; the residual is a Gaussian process of its own."""
    grid = prior.scale
    observed = Observed.of(seen, cross, NOISE)
    joint, white, white_maps = _evidence_of_each(prior, seen, scores, observed)  # (S, T)
    offset, top = _unknown_best(grid, scores)
    likely = np.argsort(-joint, axis=None, kind="stable")[:MAX_LIKE_ONE]
    log_total = np.logaddexp.reduce(joint, axis=None)
    chosen = joint.ravel()[likely]
    chosen = chosen - np.logaddexp.reduce(chosen) + log_total  # what was cut off goes to those that are left
    at, task = np.divmod(likely, len(prior.maps))
    width, excess = grid.width[at], observed.excess(offset)
    residual = white[at] - white_maps[task]  # (M, k)
    along = excess[at] * (residual @ observed.ones)
    base = top[at] / width - 1.0
    means = base[:, None] + prior.maps[task] + residual @ observed.half + along[:, None] * observed.gap
    spread = observed.sd(grid.width, LIKE_ONE_SD**2, excess)  # by width: the same for all tasks
    return chosen, width, width[:, None] * means, spread[at]


def _in_utility(grid: ScalePrior, scores: FloatArray, top: FloatArray) -> FloatArray:
    """Scores as utilities at each width, if the best is as expected; shape ``(S, k)``."""
    width = grid.width[:, None]
    utility: FloatArray = scores / width - (top[:, None] / width - 1.0)
    return utility


def _unknown_best(grid: ScalePrior, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Variance of the unknown best in units of utility, and its mean in those of the scores; shape ``(S,)`` each.

    Where the past says next to nothing of the best at a width, as with errors that differ by orders of magnitude
    between tasks, the best score so far is as good a mean as any, and `MAX_BEST_SD` widths are as good as infinitely
    many: more would leave nothing of the kernel in the matrices.
    """
    ratio = grid.best_sd / grid.width
    flat = ratio > MAX_BEST_SD
    return np.where(flat, MAX_BEST_SD, ratio) ** 2, np.where(flat, scores.max(), grid.best_mean)
