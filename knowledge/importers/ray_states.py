"""What became of Ray Tune's trials.

The last report of a trial says ``done`` where a scheduler or a criterion has stopped it. A function that returns by
itself, which is how most trials end, leaves it false: only the experiment's own state tells such a trial from one that
was killed.
"""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from knowledge.importers.folders import Folder
from warmtune.vocabulary.trial import TrialState

_STATE_FILE: Final = "experiment_state-"
_UNDER_WAY: Final = frozenset({"RUNNING", "PAUSED", "PENDING"})


def statuses(folder: Folder) -> dict[str, str]:
    """Ray's word for each trial, by its identifier; the newest file counts. Nothing but two texts is read of it."""
    found: dict[str, str] = {}
    for name in sorted(name for name in folder if PurePosixPath(name).name.startswith(_STATE_FILE)):
        for entry in _entries(folder.text(name)):
            trial_id, status = entry.get("trial_id"), entry.get("status")
            if isinstance(trial_id, str) and isinstance(status, str):
                found[trial_id] = status
    return found


def state_of_trial(status: str | None, *, is_failed: bool, is_done: bool, step: int, last_step: int) -> TrialState:
    """The state of a trial.

    Args:
        status: Ray's word, or None where no file has it.
        is_failed: Whether it has left an error, or no report.
        is_done: Whether its last report says so.
        step: Of its last report.
        last_step: The largest one of the experiment's trials.
    """
    if is_failed or status == "ERROR":
        return TrialState.FAIL
    if status in _UNDER_WAY and not is_done:
        return TrialState.RUNNING
    if status == "TERMINATED" and not is_done:
        return TrialState.COMPLETE
    return TrialState.COMPLETE if step >= last_step else TrialState.PRUNED


def _entries(text: str) -> list[Mapping[str, Any]]:
    """The trials of a state file: JSON within JSON, or objects in older versions."""
    body = _json(text)
    several = body.get("trial_data", body.get("checkpoints")) if isinstance(body, dict) else None
    entries: list[Mapping[str, Any]] = []
    for one in several if isinstance(several, list) else ():
        first = one[0] if isinstance(one, list) and one else one
        entry = _json(first) if isinstance(first, str) else first
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
