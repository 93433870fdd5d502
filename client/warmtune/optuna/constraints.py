"""Constraints of trials, as Optuna 4 and 5 keep them."""

import math
from collections.abc import Iterable, Mapping
from heapq import nlargest

from optuna.trial import FrozenTrial

from warmtune.vocabulary.trial import MAX_CONSTRAINTS

LARGEST_VIOLATION = 1e100


def constraints_of(trial: FrozenTrial) -> dict[str, float]:
    """Values by name; those of a ``constraints_func`` have their places as names. At most 0 means that it is met."""
    named = getattr(trial, "constraints", None)  # Optuna 5
    if not isinstance(named, Mapping):
        given = trial.system_attrs.get("constraints", ())
        named = {str(place): value for place, value in enumerate(given)} if isinstance(given, Iterable) else {}
    return {str(name): float(value) for name, value in named.items()}


def constraint_values(trial: FrozenTrial) -> tuple[float, ...]:
    """The values in the order of their names, as the service stores them; NaN and infinity as `LARGEST_VIOLATION`.

    Of more than `MAX_CONSTRAINTS`, the largest are kept: whether the trial is feasible stays the same.
    """
    named = constraints_of(trial)
    ordered = sorted(named, key=lambda name: (int(name), "") if name.isdecimal() else (len(named), name))
    values = tuple(_finite(named[name]) for name in ordered)
    return values if len(values) <= MAX_CONSTRAINTS else tuple(nlargest(MAX_CONSTRAINTS, values))


def _finite(value: float) -> float:
    """What JSON can hold: NaN violates the constraint, as infinity does."""
    return LARGEST_VIOLATION if math.isnan(value) else min(max(value, -LARGEST_VIOLATION), LARGEST_VIOLATION)
