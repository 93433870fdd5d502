"""How likely a configuration fails, or violates a constraint: what stands between a good score and a useful trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr

from metamodel.answers.snapshot import Snapshot
from metamodel.answers.weights import TaskWeights
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.own_trials import gaussian_process
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.trial import Trial, TrialState

FAILURE_LIMIT: Final = 0.5
"""What fails more likely than not is never recommended, as long as there is anything else."""
OWN_TRIALS_COUNT: Final = 4.0
"""A failure in the study itself counts as much as so many in past tasks that are just like it."""
USUAL_TRIALS: Final = 1.0
"""Trials that stand for the usual share of failures, at every configuration."""
BEFORE_ANY: Final = (0.5, 10.0)
"""What is believed of the usual share before any trial: half a failure in ten."""
NEVER: Final = 1e-6
"""The least chance, so that what is hopeless everywhere can still be compared."""
MAX_OWN_TRIALS: Final = 1_000
"""Of the study, beside each of which all points are laid; of more, an even sample of either kind stands for all."""
_POINTS_AT_ONCE: Final = 4_096
MAX_PROCESSES = 20
"""Of constraints in one answer: each takes 8 ms where a study has 400 trials."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Chances at ``P`` points.

    Attributes:
        failure: Shape ``(P,)``: that a trial fails; None where no failure is known.
        feasible: Shape ``(P,)``: that a trial meets the constraints; None where the study has none.
    """

    failure: FloatArray | None
    feasible: FloatArray | None

    def chance(self, n: int) -> FloatArray:
        """That a trial has a score which counts, shape ``(P,)`` with ``P`` being `n`, in (0, 1]."""
        chance = np.ones(n)
        if self.failure is not None:
            chance *= 1.0 - self.failure
        if self.feasible is not None:
            chance *= self.feasible
        return np.maximum(chance, NEVER)


def anchors_failure(model: Snapshot, weights: TaskWeights) -> FloatArray | None:
    """The chance that each anchor fails on a task like the weighted ones, shape ``(A,)``; None if nothing ever did."""
    past, maps = model.outcomes, model.maps
    if past is None or maps is None or not past.failed.any():
        return None
    hits, tried = past.at_anchors(weights.near, past.failed, len(maps.anchors))
    return _smoothed(maps.kernel, hits, tried)


def outlook(
    model: Snapshot, weights: TaskWeights, trials: Sequence[Trial], *, features: FloatArray, seen: IntArray
) -> Outlook:
    """Chances at the points that a suggestion chooses among.

    Failures are a share of trials, those of similar tasks and those of the study itself, near trials counting most (a
    kernel estimate; Nadaraya, 1964, and Watson, 1964), drawn to the usual share where few are near. Each constraint's
    value has a Gaussian process of its own (of more than `MAX_PROCESSES`, the seldom violated ones have one for the
    worst of them), and all must be met (Gardner et al., 2014); the farther from the study's own trials, the more the
    share of feasible trials in the past counts.

    Args:
        model: The snapshot.
        weights: Of past tasks.
        trials: Finished trials of the study, ``k`` of them: the first points.
        features: Shape ``(P, D)`` of all points.
        seen: Indices of the trials that are conditioned on.
    """
    failed = np.array([trial.state is TrialState.FAIL for trial in trials], dtype=np.float64)
    happened = _share(model, weights, features, failed, infeasible=False)
    if not any(trial.constraints for trial in trials):
        return Outlook(happened, None)
    feasible = _meets_all(trials, features, seen)
    violated = np.array([not trial.is_feasible for trial in trials], dtype=np.float64)
    past = model.outcomes
    if past is not None and past.infeasible.any():
        usual = _share(model, weights, features, violated, infeasible=True)
        assert usual is not None  # noqa: S101  # there are infeasible trials; narrows the type
        known = gaussian_kernel(features, features[seen]).max(axis=1)
        feasible = known * feasible + (1.0 - known) * (1.0 - usual)
    return Outlook(happened, feasible)


def _share(
    model: Snapshot, weights: TaskWeights, features: FloatArray, own: FloatArray, *, infeasible: bool
) -> FloatArray | None:
    """Near which points it happened how often, in the past and in the study; None where it never did."""
    past, maps = model.outcomes, model.maps
    places, hits, tried = [], [], []
    if past is not None and maps is not None:
        at, n = past.at_anchors(weights.near, past.infeasible if infeasible else past.failed, len(maps.anchors))
        if at.any():
            places, hits, tried = [maps.features], [at], [n]
    if not hits and not own.any():
        return None
    chosen, counts = _sampled(own > 0.0)
    places.append(features[chosen])
    hits.append(OWN_TRIALS_COUNT * counts * own[chosen])
    tried.append(OWN_TRIALS_COUNT * counts)
    at_places, all_hits, all_tried = np.concatenate(places), np.concatenate(hits), np.concatenate(tried)
    parts = [
        _smoothed(gaussian_kernel(features[begin : begin + _POINTS_AT_ONCE], at_places), all_hits, all_tried)
        for begin in range(0, len(features), _POINTS_AT_ONCE)
    ]
    return np.concatenate(parts)


def _sampled(happened: BoolArray) -> tuple[IntArray, FloatArray]:
    """Which of a study's trials stand for all, in order, and for how many each; shape ``(k,)`` both."""
    if len(happened) <= MAX_OWN_TRIALS:
        return np.arange(len(happened)), np.ones(len(happened))
    chosen, counts = [], []
    for kind in (np.flatnonzero(happened), np.flatnonzero(~happened)):
        n = min(len(kind), MAX_OWN_TRIALS // 2)
        if n:
            chosen.append(kind[np.linspace(0, len(kind) - 1, n).astype(np.intp)])
            counts.append(np.full(n, len(kind) / n))
    numbers = np.concatenate(chosen)
    order = np.argsort(numbers)
    return numbers[order], np.concatenate(counts)[order]


def _smoothed(kernel: FloatArray, hits: FloatArray, tried: FloatArray) -> FloatArray:
    """Share of hits near each point: ``kernel`` is ``(P, n)``, the others ``(n,)``."""
    usual = (float(hits.sum()) + BEFORE_ANY[0]) / (float(tried.sum()) + BEFORE_ANY[1])
    share: FloatArray = (kernel @ hits + USUAL_TRIALS * usual) / (kernel @ tried + USUAL_TRIALS)
    return np.clip(share, 0.0, 1.0)


def _meets_all(trials: Sequence[Trial], features: FloatArray, seen: IntArray) -> FloatArray:
    """The chance that all constraints are met, as if they were independent; shape ``(P,)``."""
    chance = np.ones(len(features))
    for margins in _joined(_margins(trials, seen)):
        is_known = ~np.isnan(margins)
        belief = gaussian_process(features, seen[is_known], margins[is_known])
        chance *= belief.weight @ ndtr(belief.mean / belief.sd)
    return chance


def _margins(trials: Sequence[Trial], seen: IntArray) -> list[FloatArray]:
    """Of each constraint by how much the `seen` trials meet it, NaN where they don't say; shape ``(s,)`` each."""
    found = []
    for place in range(max(len(trial.constraints) for trial in trials)):
        given = [trials[int(i)].constraints for i in seen]
        values = np.array([one[place] if len(one) > place else np.nan for one in given])
        sizes = np.abs(values[(values != 0.0) & ~np.isnan(values)])
        ratio = values / max(float(np.median(sizes)) if len(sizes) else 1.0, 1e-300)
        margins = -2.0 * ratio / (1.0 + np.abs(ratio))  # positive where met; huge violations don't flatten the others
        if not np.isnan(margins).all():
            found.append(margins)
    return found


def _joined(margins: list[FloatArray]) -> list[FloatArray]:
    """Of very many constraints those that were violated most often, and the worst of all the others as one."""
    if len(margins) <= MAX_PROCESSES:
        return margins
    often = sorted(range(len(margins)), key=lambda place: -int((margins[place] < 0.0).sum()))  # the first of equals
    own, others = often[: MAX_PROCESSES - 1], often[MAX_PROCESSES - 1 :]
    return [*(margins[place] for place in own), np.fmin.reduce([margins[place] for place in others])]
