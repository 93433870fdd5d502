"""Fields that Optuna writes identically to SQLite files and journals."""

import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from knowledge.importers.values import Note
from warmtune.vocabulary.constraints import ordered_constraints
from warmtune.vocabulary.errors import InvalidSearchSpaceError, shown

CONSTRAINTS: Final = "constraints"
"""A list by a sampler's function; or ``constraints:NAME`` and a number, for each name of `Trial.set_constraint`."""

_MAX_REASONS: Final = 10


def unread_parameter(name: object, error: Exception) -> str:
    """Why a trial can't be read whose parameter can't be."""
    why = f": {error.message}" if isinstance(error, InvalidSearchSpaceError) else ""
    return f"its parameter {shown(name)} can't be read{why}"


def unread_state(given: object) -> str:
    """Why a trial can't be read whose state or number isn't one of Optuna's."""
    return f"its state or number can't be read: {shown(given)}"


def unread_notes(reasons: Counter[str]) -> tuple[Note, ...]:
    """Trials that can't be read by reason, the most frequent first; of many reasons the rest is summed up."""
    frequent = [Note(text, count) for text, count in reasons.most_common(_MAX_REASONS)]
    n_rest = reasons.total() - sum(note.n_trials or 0 for note in frequent)
    return (*frequent, Note("they can't be read, for other reasons", n_rest)) if n_rest else tuple(frequent)


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
