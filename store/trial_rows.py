"""A trial as the row that imports insert, and back."""

import json
from typing import TypeAlias

from store.connections.database import to_json
from warmtune.vocabulary.trial import Trial, TrialState, total_violation

TrialRow: TypeAlias = tuple[int, str, float | None, float | None, str, str | None, str | None, str | None]
"""Number, state, value, seconds; as compact JSON: parameters, intermediate values, constraints, several values."""


def trial_row(trial: Trial) -> TrialRow:
    """A trial as `ImportRepository.take` wants it."""
    steps = {str(step): value for step, value in trial.intermediate_values.items()}
    return (
        trial.number,
        trial.state.value,
        trial.value,
        trial.duration_s,
        to_json(dict(trial.configuration)),
        to_json(steps) if steps else None,
        to_json(list(trial.constraints)) if trial.constraints else None,
        to_json(list(trial.values)) if trial.values else None,
    )


def trial_of_row(row: TrialRow) -> Trial:
    """Inverse of `trial_row`."""
    number, state, value, duration_s, params, steps, constraints, values = row
    return Trial(
        number=number,
        configuration=json.loads(params),
        value=value,
        state=TrialState(state),
        duration_s=duration_s,
        intermediate_values={int(step): at for step, at in json.loads(steps).items()} if steps else {},
        constraints=tuple(json.loads(constraints)) if constraints else (),
        values=tuple(json.loads(values)) if values else (),
    )


def violation_of(row: TrialRow) -> float | None:
    """By how much a row's trial violates its constraints; None without any."""
    constraints = row[6]
    return None if constraints is None else total_violation(json.loads(constraints))
