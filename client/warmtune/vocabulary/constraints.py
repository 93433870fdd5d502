"""Constraints of trials by name, as Optuna keeps them, in the form in which they are stored."""

import math
from collections.abc import Mapping
from heapq import nlargest
from typing import Final

from warmtune.vocabulary.trial import MAX_CONSTRAINTS

LARGEST_VIOLATION: Final = 1e100


def ordered_constraints(named: Mapping[str, float]) -> tuple[float, ...]:
    """The values in the order of their names; NaN and infinity as `LARGEST_VIOLATION`.

    Of more than `MAX_CONSTRAINTS`, the largest are kept: whether the trial is feasible stays the same.

    Args:
        named: Values by name; those of a ``constraints_func`` have their places as names.
    """
    ordered = sorted(named, key=lambda name: (int(name), "") if name.isdecimal() else (len(named), name))
    values = tuple(_finite(named[name]) for name in ordered)
    return values if len(values) <= MAX_CONSTRAINTS else tuple(nlargest(MAX_CONSTRAINTS, values))


def _finite(value: float) -> float:
    """What JSON can hold: NaN violates the constraint, as infinity does."""
    return LARGEST_VIOLATION if math.isnan(value) else min(max(value, -LARGEST_VIOLATION), LARGEST_VIOLATION)
