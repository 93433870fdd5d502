"""The finished trials of a study, as they go with each question: what was converted once is kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nsmallest

from optuna.trial import FrozenTrial

from warmtune.optuna.finished_trials import FINISHED_STATES, trial_of
from warmtune.optuna.observed import projected
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import Trial, TrialState

MAX_TRIALS_SENT = 400
"""Twice as many as the service conditions on, so that it can choose."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A converted trial; `trial` is None where it is no configuration of the search space, or can't be sent."""

    trial: Trial | None
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
        seen = [found for t in trials if t.state in FINISHED_STATES and (found := self._entry(t).trial) is not None]
        if len(seen) <= MAX_TRIALS_SENT:
            return seen
        half = MAX_TRIALS_SENT // 2
        latest, earlier = seen[-half:], seen[:-half]
        best = nsmallest(MAX_TRIALS_SENT - half, earlier, key=lambda trial: _rank(trial, direction))
        return sorted([*best, *latest], key=lambda trial: trial.number)

    def _entry(self, frozen: FrozenTrial) -> _Seen:
        known = self._seen.get(frozen.number)
        if known is None or known.completed_at != frozen.datetime_complete:  # else another study of the same name
            known = self._seen[frozen.number] = _Seen(self._converted(frozen), frozen.datetime_complete)
        return known

    def _converted(self, frozen: FrozenTrial) -> Trial | None:
        configuration = projected(frozen.params, self._space)
        if configuration is None:
            return None
        try:
            return replace(trial_of(frozen, configuration), intermediate_values={})
        except InvalidInputError:  # constraints that are no numbers, say: reports name such a trial
            return None


def _rank(trial: Trial, direction: Direction) -> tuple[bool, float, float]:
    value = None if trial.state is TrialState.FAIL else trial.value
    return (value is None, trial.violation, 0.0 if value is None else -direction.sign * value)
