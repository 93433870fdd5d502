"""Constraints of trials, as Optuna 4 and 5 keep them."""

from collections.abc import Iterable, Mapping

from optuna.trial import FrozenTrial

from warmtune.vocabulary.constraints import ordered_constraints


def constraints_of(trial: FrozenTrial) -> dict[str, float]:
    """Values by name; those of a ``constraints_func`` have their places as names. At most 0 means that it is met."""
    named = getattr(trial, "constraints", None)  # Optuna 5
    if not isinstance(named, Mapping):
        given = trial.system_attrs.get("constraints", ())
        named = {str(place): value for place, value in enumerate(given)} if isinstance(given, Iterable) else {}
    return {str(name): float(value) for name, value in named.items()}


def constraint_values(trial: FrozenTrial) -> tuple[float, ...]:
    """The values in the order of their names, as the service stores them."""
    return ordered_constraints(constraints_of(trial))
