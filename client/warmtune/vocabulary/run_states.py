"""What tools call the states of their runs."""

import re
from collections.abc import Mapping
from typing import Final

from warmtune.vocabulary.trial import TrialState

_STATES: Final[Mapping[str, TrialState]] = {
    "complete": TrialState.COMPLETE,
    "completed": TrialState.COMPLETE,
    "finished": TrialState.COMPLETE,
    "success": TrialState.COMPLETE,
    "succeeded": TrialState.COMPLETE,
    "done": TrialState.COMPLETE,
    "ok": TrialState.COMPLETE,
    "terminated": TrialState.COMPLETE,
    "inactive": TrialState.COMPLETE,
    "published": TrialState.COMPLETE,
    "closed": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "stopped": TrialState.PRUNED,
    "earlystopped": TrialState.PRUNED,
    "early_stopped": TrialState.PRUNED,
    "fail": TrialState.FAIL,
    "failed": TrialState.FAIL,
    "crash": TrialState.FAIL,
    "crashed": TrialState.FAIL,
    "error": TrialState.FAIL,
    "errored": TrialState.FAIL,
    "killed": TrialState.FAIL,
    "timeout": TrialState.FAIL,
    "memout": TrialState.FAIL,
    "memoryout": TrialState.FAIL,
    "aborted": TrialState.FAIL,
    "abandoned": TrialState.FAIL,
    "invalid": TrialState.FAIL,
    "infeasible": TrialState.FAIL,
    "cancelled": TrialState.FAIL,
    "canceled": TrialState.FAIL,
    "interrupted": TrialState.FAIL,
    "preempted": TrialState.FAIL,
    "exception": TrialState.FAIL,
    "rejected": TrialState.FAIL,
    "lost": TrialState.FAIL,
    "oom": TrialState.FAIL,
    "out_of_memory": TrialState.FAIL,
    "timed_out": TrialState.FAIL,
    "running": TrialState.RUNNING,
    "in_progress": TrialState.RUNNING,
    "pending": TrialState.WAITING,
    "waiting": TrialState.WAITING,
    "scheduled": TrialState.WAITING,
    "queued": TrialState.WAITING,
}


def state_of(given: object, has_value: bool) -> TrialState:  # a fact of the run, no switch
    """What a source says, else complete where there is a value."""
    if is_state(given):
        return _STATES[_word(given)]
    return TrialState.COMPLETE if has_value else TrialState.FAIL


def is_state(given: object) -> bool:
    """Whether it is what some tool calls a state."""
    return given is not None and _word(given) in _STATES


def _word(given: object) -> str:
    return re.sub(r"[\s-]+", "_", str(given).rsplit(".", 1)[-1].strip().lower())
