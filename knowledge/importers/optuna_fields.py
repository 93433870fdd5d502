"""Fields that Optuna writes identically to SQLite files and journals."""

import json
from datetime import datetime


def is_violated(text: str) -> bool:
    """Whether Optuna's note of a trial's constraints has one above 0."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return False
    several = values if isinstance(values, list) else [values]
    return any(isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 for value in several)


def duration_between(start: str | None, end: str | None) -> float | None:
    """Seconds between two moments as Optuna writes them, or None where one is missing or unreadable."""
    if not start or not end:
        return None
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    except (ValueError, TypeError):
        return None
