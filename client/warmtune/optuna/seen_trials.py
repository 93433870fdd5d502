"""The finished trials of a study, as they go with each question: what was converted once is kept."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nsmallest

from optuna.trial import FrozenTrial

from warmtune.optuna.constraints import violation
from warmtune.optuna.finished_trials import FINISHED_STATES, trial_of
from warmtune.optuna.observed import projected
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import Trial, TrialState

MAX_TRIALS_SENT = 400
"""Twice as many as the service conditions on, so that it can choose."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A converted trial; `trial` is None where it is no configuration of the search space."""

    trial: Trial | None
    violation: float
    completed_at: datetime | None


class SeenTrials:
    """Finished trials as configurations of a search space, each converted once: they never change.

    So the cost of a question grows with the number of trials only by a look at each, and what is sent doesn't grow
    beyond `MAX_TRIALS_SENT`. Not safe to share between threads without a lock.
    """

    def __init__(self, space: SearchSpace) -> None:
        """Prepare; nothing is converted yet."""
        self._space = space
        self._seen: dict[int, _Seen] = {}

    def observed(self, trials: Iterable[FrozenTrial], direction: Direction) -> list[Trial]:
        """Those that are configurations of the search space, by number, without intermediate values.

        Of more than `MAX_TRIALS_SENT`, the best and the latest are kept. An infeasible one counts as worse than all
        feasible ones, by its violation (the rules of Deb 2000).
        """
        entries = [entry for t in trials if t.state in FINISHED_STATES and (entry := self._entry(t)).trial is not None]
        seen = _penalised(entries, direction)
        if len(seen) <= MAX_TRIALS_SENT:
            return seen
        half = MAX_TRIALS_SENT // 2
        latest, earlier = seen[-half:], seen[:-half]
        best = nsmallest(MAX_TRIALS_SENT - half, earlier, key=lambda trial: _rank(trial, direction))
        return sorted([*best, *latest], key=lambda trial: trial.number)

    def _entry(self, frozen: FrozenTrial) -> _Seen:
        known = self._seen.get(frozen.number)
        if known is None or known.completed_at != frozen.datetime_complete:  # else another study of the same name
            configuration = projected(frozen.params, self._space)
            trial = None
            if configuration is not None:
                trial = replace(trial_of(frozen, configuration), intermediate_values={})
            known = self._seen[frozen.number] = _Seen(trial, violation(frozen), frozen.datetime_complete)
        return known


def _penalised(entries: Sequence[_Seen], direction: Direction) -> list[Trial]:
    """Infeasible trials with a value that says how far they are from feasible, in units of the feasible ones' range."""
    if all(entry.violation == 0.0 for entry in entries):
        return [entry.trial for entry in entries if entry.trial is not None]
    feasible = [e.trial for e in entries if e.violation == 0.0 and e.trial is not None]
    signed = [direction.sign * trial.value for trial in feasible if trial.value is not None] or [0.0]
    width = (max(signed) - min(signed)) or 1.0
    largest = max((e.violation for e in entries if math.isfinite(e.violation)), default=0.0) or 1.0
    lowest, penalised = min(signed), []
    for trial, violated in ((e.trial, e.violation) for e in entries if e.trial is not None):
        if violated == 0.0 or trial.state is TrialState.FAIL:
            penalised.append(trial)
            continue
        worse = lowest - width * (0.1 + min(violated / largest, 1.0))
        penalised.append(replace(trial, value=direction.sign * (worse if math.isfinite(worse) else lowest)))
    return penalised


def _rank(trial: Trial, direction: Direction) -> tuple[bool, float]:
    value = None if trial.state is TrialState.FAIL else trial.value
    return (value is None, 0.0 if value is None else -direction.sign * value)
