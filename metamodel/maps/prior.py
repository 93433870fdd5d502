"""Beliefs about a new task: three experts on the shape of its map, weighed by how well they predicted its trials."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from metamodel.maps.completion import NOISE, OWN_SHARE
from metamodel.maps.improvement import log_expected_improvement
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.scale import ScalePrior
from warmtune.vocabulary.arrays import FloatArray, IntArray

LIKE_ONE_SD: Final = 0.15
"""How far, in utility, a task may be from the past task that it is most like."""
MAX_LIKE_ONE: Final = 40
MAX_BEST_SD: Final = 100.0
LOG_ODDS: Final = np.log(np.array([0.48, 0.48, 0.04]))
"""Prior weights of the experts: like a mixture of all tasks, like one of them, like none."""


@dataclass(frozen=True, slots=True)
class TaskPrior:
    """What is believed of utilities at ``P`` points before any trial.

    The experts: *all* is a Gaussian process with the past tasks' mean and covariance plus a kernel for what is the
    task's own; *one* says that the task is like one of the past tasks up to a small residual; *none* knows nothing but
    the kernel. The last keeps misleading pasts from holding a study back.

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
class Posterior:
    """Beliefs after some trials: a mixture of ``M`` Gaussians at each of ``P`` points.

    Attributes:
        weight: Shape ``(M,)``: summing to 1.
        width: Shape ``(M,)``: the task's width under each.
        mean: Shape ``(M, P)``: expected signed score.
        sd: Shape ``(M, P)``: standard deviation of the signed score, positive.
    """

    weight: FloatArray
    width: FloatArray
    mean: FloatArray
    sd: FloatArray

    def log_expected_improvement(self, best: float) -> FloatArray:
        """Log of the expected improvement over the signed score `best`, shape ``(P,)``."""
        log_each = log_expected_improvement(self.mean, self.sd, best)
        result: FloatArray = np.logaddexp.reduce(np.log(self.weight)[:, None] + log_each, axis=0)
        return result

    def expected(self) -> FloatArray:
        """Expected signed score, shape ``(P,)``."""
        mean: FloatArray = self.weight @ self.mean
        return mean


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
    mixture = _gaussian(prior.scale, seen, scores, *_covariance_of_all(prior, seen, kernel))[0]
    nothing = _alone(prior, seen, scores, kernel)[0]
    of_each = _evidence_of_each(prior, seen, scores, LIKE_ONE_SD**2 * kernel)[0]
    totals = LOG_ODDS + np.array([np.logaddexp.reduce(e, axis=None) for e in (mixture, of_each, nothing)])
    share = np.exp(totals - np.logaddexp.reduce(totals))
    tasks = np.logaddexp.reduce(of_each, axis=0)
    mixture_share, one_share, nothing_share = map(float, share)
    return Believed(mixture_share, one_share, nothing_share, np.exp(tasks - np.logaddexp.reduce(tasks)))


def condition(prior: TaskPrior, seen: IntArray, scores: FloatArray) -> Posterior:
    """Condition on signed scores, the task's unknown best and width included.

    Args:
        prior: Over ``P`` points.
        seen: Shape ``(k,)``: observed points, at least one; may repeat.
        scores: Shape ``(k,)``: signed scores.
    """
    kernel = gaussian_kernel(prior.features, prior.features[seen])  # (P, k)
    all_tasks = _gaussian(prior.scale, seen, scores, *_covariance_of_all(prior, seen, kernel))
    none = _alone(prior, seen, scores, kernel)
    one = _like_one(prior, seen, scores, LIKE_ONE_SD**2 * kernel)
    experts = (all_tasks, one, none)
    joint = np.concatenate([odds + expert[0] for odds, expert in zip(LOG_ODDS, experts, strict=True)])
    weight = np.exp(joint - np.logaddexp.reduce(joint))
    kept = weight > 1e-6 * weight.max()
    width, means, sds = (np.concatenate([expert[i] for expert in experts])[kept] for i in (1, 2, 3))
    return Posterior(weight[kept] / weight[kept].sum(), width, means, sds)


Components = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""Log joint evidence ``(M,)``, width ``(M,)``, mean ``(M, P)`` and standard deviation ``(M, P)``."""


def _covariance_of_all(
    prior: TaskPrior, seen: IntArray, kernel: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean ``(P,)``, covariance with the seen points ``(P, k)`` and variance ``(P,)`` of the first expert."""
    centred = prior.maps - prior.uniform @ prior.maps
    factor = np.sqrt(prior.uniform)[:, None] * centred
    shared_variance = (factor**2).sum(axis=0)
    own = OWN_SHARE * max(float(shared_variance.mean()), 1e-4)
    cross = (1.0 - OWN_SHARE) * factor.T @ factor[:, seen] + own * kernel
    return prior.near @ prior.maps, cross, (1.0 - OWN_SHARE) * shared_variance + own


def _alone(prior: TaskPrior, seen: IntArray, scores: FloatArray, kernel: FloatArray) -> Components:
    """The third expert: nothing of past tasks but their mean and variance."""
    mean, variance = float(prior.near @ prior.maps.mean(axis=1)), max(float(prior.maps.var()), 1e-4)
    flat = np.full(prior.maps.shape[1], mean)
    return _gaussian(prior.scale, seen, scores, flat, variance * kernel, np.full_like(flat, variance))


def _gaussian(  # noqa: PLR0917  # mean, covariance and variance belong together
    grid: ScalePrior, seen: IntArray, scores: FloatArray, mean: FloatArray, cross: FloatArray, variance: FloatArray
) -> Components:
    """One Gaussian process, conditioned for each width of the grid."""
    gram = cross[seen] + NOISE * np.eye(len(seen))
    evidence, means, sds = [], [], []
    offsets, tops = _unknown_best(grid, scores)
    for width, log_weight, top, offset in zip(grid.width, grid.log_weight, tops, offsets, strict=True):
        base = top / width - 1.0
        factor = cho_factor(gram + offset, lower=True, check_finite=False)
        residual = scores / width - base - mean[seen]
        solved = cho_solve(factor, residual, check_finite=False)
        shifted = cross + offset
        half = cho_solve(factor, shifted.T, check_finite=False)
        means.append(width * (base + mean + shifted @ solved))
        sds.append(width * np.sqrt(np.maximum(variance + offset - (shifted * half.T).sum(axis=1), 1e-9)))
        evidence.append(log_weight - 0.5 * float(residual @ solved) - _log_scale(factor[0], len(seen), width))
    return np.array(evidence), grid.width, np.array(means), np.array(sds)


def _evidence_of_each(
    prior: TaskPrior, seen: IntArray, scores: FloatArray, cross: FloatArray
) -> tuple[FloatArray, list[FloatArray], list[tuple[FloatArray, bool]]]:
    """Log joint evidence of each width and past task ``(S, T)``, the solved residuals and the factors by width."""
    grid = prior.scale
    gram = cross[seen] + NOISE * np.eye(len(seen))
    with np.errstate(divide="ignore"):
        log_near = np.log(prior.near)
    evidence, solved, factors = [], [], []
    offsets, tops = _unknown_best(grid, scores)
    for width, log_weight, top, offset in zip(grid.width, grid.log_weight, tops, offsets, strict=True):
        factor = cho_factor(gram + offset, lower=True, check_finite=False)
        residual = scores / width - (top / width - 1.0) - prior.maps[:, seen]  # (T, k)
        alpha = cho_solve(factor, residual.T, check_finite=False)  # (k, T)
        log_scale = _log_scale(factor[0], len(seen), width)
        evidence.append(log_near + log_weight - 0.5 * (residual.T * alpha).sum(axis=0) - log_scale)
        solved.append(alpha)
        factors.append(factor)
    return np.array(evidence), solved, factors


def _like_one(prior: TaskPrior, seen: IntArray, scores: FloatArray, cross: FloatArray) -> Components:
    """The most likely pairs of a past task and a width; the residual is a Gaussian process of its own."""
    grid = prior.scale
    joint, solved, factors = _evidence_of_each(prior, seen, scores, cross)  # (S, T)
    offsets, tops = _unknown_best(grid, scores)
    likely = np.argsort(-joint, axis=None, kind="stable")[:MAX_LIKE_ONE]
    log_total = np.logaddexp.reduce(joint, axis=None)
    chosen = joint.ravel()[likely]
    chosen = chosen - np.logaddexp.reduce(chosen) + log_total  # what was cut off goes to those that are left
    shifted = [cross + float(offset) for offset in offsets]
    spread: dict[int, FloatArray] = {}  # by width: the same for all tasks
    widths, means, sds = [], [], []
    for flat_index in likely:
        s, task = divmod(int(flat_index), len(prior.maps))
        width = float(grid.width[s])
        if s not in spread:
            half = cho_solve(factors[s], shifted[s].T, check_finite=False)
            variance = LIKE_ONE_SD**2 + float(offsets[s]) - (shifted[s] * half.T).sum(axis=1)
            spread[s] = width * np.sqrt(np.maximum(variance, 1e-9))
        utility = prior.maps[task] + shifted[s] @ solved[s][:, task]
        widths.append(width)
        means.append(width * (float(tops[s]) / width - 1.0 + utility))
        sds.append(spread[s])
    return chosen, np.array(widths), np.array(means), np.array(sds)


def _unknown_best(grid: ScalePrior, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Variance of the unknown best in units of utility, and its mean in those of the scores; shape ``(S,)`` each.

    Where the past says next to nothing of the best at a width, as with errors that differ by orders of magnitude
    between tasks, the best score so far is as good a mean as any, and `MAX_BEST_SD` widths are as good as infinitely
    many: more would leave nothing of the kernel in the matrices.
    """
    ratio = grid.best_sd / grid.width
    flat = ratio > MAX_BEST_SD
    return np.where(flat, MAX_BEST_SD, ratio) ** 2, np.where(flat, scores.max(), grid.best_mean)


def _log_scale(root: FloatArray, n_seen: int, width: float) -> float:
    """Half the log determinant of the scores' covariance in their own units."""
    return float(np.log(np.diag(root)).sum()) + n_seen * float(np.log(width))
