"""When trials began and ended: imported ones may name a time zone, Optuna's own never do."""

from datetime import datetime

from optuna.trial import FrozenTrial


def seconds_between(start: datetime, end: datetime) -> float | None:
    """Seconds from one moment to another, negative where the clock was set back; those without a zone are local times.

    None at the ends of the calendar, which have no local time.
    """
    if (start.tzinfo is None) != (end.tzinfo is None):
        try:
            start, end = start.astimezone(), end.astimezone()
        except (OverflowError, ValueError, OSError):
            return None
    return (end - start).total_seconds()


def duration_s(trial: FrozenTrial) -> float | None:
    """Seconds that a trial took, or None where that isn't known, or the clock was set back meanwhile."""
    if trial.datetime_start is None or trial.datetime_complete is None:
        return None
    seconds = seconds_between(trial.datetime_start, trial.datetime_complete)
    return seconds if seconds is not None and seconds >= 0 else None


def age_s(trial: FrozenTrial) -> float | None:
    """Seconds since a trial began, or None where that isn't known."""
    return None if trial.datetime_start is None else seconds_between(trial.datetime_start, datetime.now())
