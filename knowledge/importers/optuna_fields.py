"""Fields that Optuna writes identically to SQLite files and journals."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from warmtune.vocabulary.constraints import ordered_constraints

CONSTRAINTS: Final = "constraints"
"""A list by a sampler's function; or ``constraints:NAME`` and a number, for each name of `Trial.set_constraint`."""


def is_constraint(key: str) -> bool:
    """Whether an attribute of a trial is Optuna's note of its constraints."""
    return key.startswith(CONSTRAINTS) and (key == CONSTRAINTS or key.startswith(f"{CONSTRAINTS}:"))


def constraints_in(noted: Mapping[str, object]) -> tuple[float, ...]:
    """What a trial's constraints are, from the attributes that are such notes; what isn't a number is left out."""
    named: dict[str, float] = {}
    for key, value in noted.items():
        if isinstance(value, list):
            numbers = [number for one in value if (number := _number(one)) is not None]
            named |= {str(place): number for place, number in enumerate(numbers)}
        elif (number := _number(value)) is not None:
            named[key.partition(":")[2] or "0"] = number
    return ordered_constraints(named)


def _number(value: object) -> float | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:  # JSON's whole numbers have any length
        return math.inf if value > 0 else -math.inf


def duration_between(start: str | None, end: str | None) -> float | None:
    """Seconds between two moments as Optuna writes them, or None where one is missing or unreadable.

    They are equal where nobody measured: `optuna.trial.create_trial` gives a finished trial the same moment twice.
    """
    if not start or not end:
        return None
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() or None
    except (ValueError, TypeError):
        return None
