"""The questions that a meta-decision tree may ask: thresholds in natural units, and how they part the tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from warmtune.vocabulary.arrays import BoolArray, FloatArray
from warmtune.vocabulary.task import MetaFeatures

MAX_THRESHOLDS: Final = 12
MAX_DIGITS: Final = 17


@dataclass(frozen=True, slots=True)
class ThresholdTest:
    """Whether a meta-feature is above a threshold, and where tasks go that don't know it."""

    name: str
    threshold: float
    unknown_goes_above: bool


def candidate_questions(tasks: Sequence[MetaFeatures], *, min_leaf: int) -> tuple[list[ThresholdTest], BoolArray]:
    """All questions that part the tasks differently, with at least `min_leaf` on either side.

    Up to `MAX_THRESHOLDS` thresholds a meta-feature, evenly over its ranks; each the roundest number between two
    neighbouring values. Tasks that don't know the value are tried on both sides. A name that fewer than half of the
    tasks know is left out. Of questions that part the tasks alike, the first in the alphabet stays.

    Returns:
        ``S`` questions, and their answers of shape ``(S, T)``: which tasks are above.
    """
    questions: dict[bytes, tuple[ThresholdTest, BoolArray]] = {}
    names = sorted({name for task in tasks for name in task.values})
    for name in names:
        column = np.array([task.values.get(name, np.nan) for task in tasks])
        unknown = np.isnan(column)
        if 2 * unknown.sum() > len(tasks):
            continue
        for threshold in thresholds(column[~unknown]):
            for unknown_goes_above in (False, True) if unknown.any() else (False,):
                above = np.where(unknown, unknown_goes_above, column > threshold)
                if min_leaf <= above.sum() <= len(tasks) - min_leaf:
                    alike = np.packbits(above ^ above[0]).tobytes()  # yes and no may be swapped
                    questions.setdefault(alike, (ThresholdTest(name, threshold, unknown_goes_above), above))
    found = list(questions.values())
    answers = np.array([above for _, above in found], dtype=bool).reshape(len(found), len(tasks))
    return [question for question, _ in found], answers


def thresholds(known: FloatArray) -> list[float]:
    """Up to `MAX_THRESHOLDS` round numbers that part the values, evenly over their ranks, ascending."""
    ordered = np.sort(known)
    gaps = np.flatnonzero(ordered[1:] > ordered[:-1])  # a threshold may lie behind these ranks
    if len(gaps) > MAX_THRESHOLDS:
        wanted = np.linspace(0, len(ordered) - 1, MAX_THRESHOLDS + 2)[1:-1]
        gaps = np.unique(gaps[np.abs(gaps[None] + 0.5 - wanted[:, None]).argmin(axis=1)])
    return [round_between(float(ordered[i]), float(ordered[i + 1])) for i in gaps]


def round_between(low: float, high: float) -> float:
    """The number t with the fewest digits for which ``low <= t < high``, near the middle (by ratio above 0)."""
    middle = float(np.sqrt(low) * np.sqrt(high)) if low > 0 else low / 2 + high / 2
    for digits in range(1, MAX_DIGITS):
        rounded = float(f"{middle:.{digits}g}")
        if low <= rounded < high:
            return rounded
    return low
