"""Constraints of trials, as Optuna 4 and 5 keep them."""

import math
from collections.abc import Iterable, Mapping

from optuna.trial import FrozenTrial


def constraints_of(trial: FrozenTrial) -> dict[str, float]:
    """Values by name; those of a ``constraints_func`` have their places as names. At most 0 means that it is met."""
    kept = getattr(trial, "constraints", None)  # Optuna 5
    if not isinstance(kept, Mapping):
        given = trial.system_attrs.get("constraints", ())
        kept = {str(place): value for place, value in enumerate(given)} if isinstance(given, Iterable) else {}
    return {str(name): float(value) for name, value in kept.items()}


def violation(trial: FrozenTrial) -> float:
    """By how much a trial violates its constraints, 0 where it is feasible or has none; NaN counts as infinite."""
    values = constraints_of(trial).values()
    return sum(math.inf if math.isnan(value) else max(value, 0.0) for value in values)
