"""Constraints of trials, as Optuna 4 and 5 keep them."""

import math
from collections.abc import Iterable, Mapping

from optuna.trial import FrozenTrial

from warmtune.vocabulary.constraints import ordered_constraints
from warmtune.vocabulary.errors import InvalidInputError


def constraints_of(trial: FrozenTrial) -> dict[str, float]:
    """Values by name; those of a ``constraints_func`` have their places as names. At most 0 means that it is met.

    Raises:
        InvalidInputError: If one is no number: in attributes of an added trial there may be anything.
    """
    named = getattr(trial, "constraints", None)  # Optuna 5
    if not isinstance(named, Mapping):
        given = trial.system_attrs.get("constraints", ())
        named = {str(place): value for place, value in enumerate(given)} if isinstance(given, Iterable) else {}
    return {str(name): _number(str(name), value) for name, value in named.items()}


def constraint_values(trial: FrozenTrial) -> tuple[float, ...]:
    """The values in the order of their names, as the service stores them; raises as `constraints_of`."""
    return ordered_constraints(constraints_of(trial))


def _number(name: str, value: object) -> float:
    """Whatever is one number to Python (NumPy's, a decimal, a tensor of one value); no text that looks like one."""
    if not isinstance(value, (str, bytes, bytearray)):
        try:
            return float(value)  # type: ignore[arg-type]  # what has no number raises
        except OverflowError:  # an integer beyond what a float holds
            return -math.inf if value < 0 else math.inf  # type: ignore[operator]
        except Exception:  # noqa: BLE001, S110  # an object of the user's may raise anything
            pass
    raise InvalidInputError(
        "a constraint's value must be a number", field=f"constraints.{name}", value=value, limit="a number"
    )
