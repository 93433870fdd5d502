"""Whether the trials of a study still are those that were acknowledged: attributes can be copied to another study."""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from optuna.study import Study
from optuna.trial import FrozenTrial

from warmtune.optuna.whole_study import all_trials

_DIGITS: Final = 12
"""Of values: some databases round the last ones."""


def trial_digest(frozen: FrozenTrial) -> str:
    """A text that differs for other parameters or values, and is the same once the trial is read from a storage."""
    parameters = {name: _internal(frozen, name) for name in sorted(frozen.params)}
    values = [f"{value:.{_DIGITS}g}" for value in frozen.values or ()]
    return hashlib.sha256(json.dumps([parameters, values]).encode()).hexdigest()[:16]


def is_still(study: Study, number: int, digest: str, finished: Sequence[FrozenTrial]) -> bool:
    """Whether the trial of that number is the one with that digest.

    Args:
        study: Of the trial.
        number: The trial's.
        digest: Of the trial when it was acknowledged.
        finished: All finished trials of the study, by number.

    One that is there and hasn't finished counts as the same: workers tell of a trial before its storage does.

    Raises:
        StudyStorageError: If the study's storage fails.
    """
    known = next((t for t in reversed(finished) if t.number == number), None)
    if known is not None:
        return trial_digest(known) == digest
    return any(t.number == number for t in all_trials(study))


def _internal(frozen: FrozenTrial, name: str) -> str:
    """A parameter's value as storages keep it: a category by its place, since JSON has no tuples."""
    value = frozen.params[name]
    try:
        return f"{frozen.distributions[name].to_internal_repr(value):.{_DIGITS}g}"
    except Exception:  # noqa: BLE001  # a distribution of the user's own may do anything
        return str(type(value))
