"""Scores of a study's own trials: on one side, drawn in where far out, and which of them are conditioned on."""

from collections.abc import Sequence

import numpy as np

from metamodel.answers.snapshot import Snapshot
from metamodel.maps.performance_maps import LARGEST_SCORE
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.trial import Trial, TrialState

MAX_OBSERVED = 200
"""Trials conditioned on: the cost grows with their cube, and what a long study still needs is near its best ones."""
FARTHEST = 1.5


def feasible_first(scores: FloatArray, tried: Sequence[Trial]) -> FloatArray:
    """Ranks, larger is better, by which all feasible trials come before all others, and these by violation (Deb 2000).

    Where all are feasible, these are the scores.
    """
    violation = np.array([t.violation for t in tried])
    if not violation.any():
        return scores
    ranks = np.empty(len(scores))
    ranks[np.lexsort((-scores, violation))] = -np.arange(len(scores), dtype=np.float64)
    return ranks


def observed(scores: FloatArray) -> IntArray:
    """Which trials are conditioned on: all of a short study; of a long one its best and its latest."""
    if len(scores) <= MAX_OBSERVED:
        return np.arange(len(scores))
    best = np.argsort(-scores, kind="stable")[: MAX_OBSERVED // 2]
    latest = np.arange(len(scores) - MAX_OBSERVED // 2, len(scores))
    return np.union1d(best, latest)


def study_scores(model: Snapshot, tried: Sequence[Trial]) -> FloatArray:
    """Larger is better, and what is far out is drawn in.

    A score further below the study's best than `FARTHEST` widths of the widest past task counts as that far: it would
    make all others look alike. A trial without a value counts as the worst that the study has seen, and as at least a
    typical width below its best.
    """
    values = np.array([np.nan if t.value is None or t.state is TrialState.FAIL else t.value for t in tried])
    signed: FloatArray = np.clip(model.direction.sign * values, -LARGEST_SCORE, LARGEST_SCORE)
    if np.isnan(signed).all():
        return signed
    best, worst = float(np.nanmax(signed)), float(np.nanmin(signed))
    if model.maps is not None and (model.maps.width > 0.0).any():
        widths = model.maps.width[model.maps.width > 0.0]
        signed = np.maximum(signed, best - FARTHEST * float(widths.max()))
        worst = min(float(np.nanmin(signed)), best - float(np.median(widths)))
    return np.where(np.isnan(signed), worst, signed)
