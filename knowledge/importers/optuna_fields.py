"""Fields that Optuna writes identically to SQLite files and journals."""

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
    """What a trial's constraints are, from the attributes that are such notes; what is no number is none."""
    named: dict[str, float] = {}
    for key, value in noted.items():
        several = enumerate(value) if isinstance(value, list) else [(key.partition(":")[2] or "0", value)]
        named |= {
            str(name): float(one)
            for name, one in several
            if isinstance(one, (int, float)) and not isinstance(one, bool)
        }
    return ordered_constraints(named)


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
