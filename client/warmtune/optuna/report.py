"""Sending an Optuna study's finished trials back, as often and from as many processes as one likes."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from optuna.study import Study
from optuna.trial import FrozenTrial

from warmtune.optuna.finished_trials import FINISHED_STATES, finished_trial
from warmtune.optuna.memory import StudyMemory, recall, remember_reported, reported_numbers
from warmtune.optuna.whole_study import all_trials
from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.studies import list_trials, report_trials
from warmtune.vocabulary.errors import ConflictError, InvalidConfigurationError, InvalidInputError, WarmtuneError
from warmtune.vocabulary.trial import Trial, TrialState

BATCH_SIZE = 1_000
PAGE_SIZE = 500
PAUSE_AFTER_FAILURE_S = 30.0

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SkippedTrial:
    """A trial that can't be reported, and why: its parameters are not a configuration of the search space."""

    number: int
    error: InvalidConfigurationError


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the trials that finished since the last report.

    Attributes:
        study_id: The service's study.
        complete: Trials sent with a finite value.
        pruned: Trials sent as pruned.
        failed: Trials sent as failed, those with a NaN or infinite value among them.
        accepted: How many of the sent were new to the service.
        skipped: Trials that were not sent, by number; they are named once.
    """

    study_id: str
    complete: int
    pruned: int
    failed: int
    accepted: int
    skipped: tuple[SkippedTrial, ...]


def report(connection: Connection, study: Study, *, ending: FrozenTrial | None = None) -> Report:
    """Send what finished since the last report.

    The service keeps trials by number, and the study remembers which were acknowledged, so that calling this again,
    or from several processes, does no harm; trials that were sent before a failure are not lost.

    Args:
        connection: To the service.
        study: A warm-started one.
        ending: A trial that is as good as finished, but that the study's storage still calls running.

    Raises:
        InvalidInputError: If the study was never warm-started.
        UnavailableError: If the service can't be reached; call again later.
        NotFoundError: If the service no longer has the study: warm-start it again.
    """
    memory = recall(study)
    if memory is None:
        raise InvalidInputError(
            f"the study {study.study_name!r} was not warm-started, so that nobody knows its task", field="study"
        )
    done = reported_numbers(study, memory.study_id)
    finished = [*all_trials(study, FINISHED_STATES), *([] if ending is None else [ending])]
    fresh = [t for t in finished if t.number not in done]
    trials, skipped = _converted(fresh, memory)
    accepted = 0
    for start in range(0, len(trials), BATCH_SIZE):
        batch = trials[start : start + BATCH_SIZE]
        accepted += _send(connection, memory.study_id, batch)
        done |= {trial.number for trial in batch}
        remember_reported(study, memory.study_id, done)
    if skipped:
        remember_reported(study, memory.study_id, done | {s.number for s in skipped})
    states = Counter(trial.state for trial in trials)
    return Report(
        study_id=memory.study_id,
        complete=states[TrialState.COMPLETE],
        pruned=states[TrialState.PRUNED],
        failed=states[TrialState.FAIL],
        accepted=accepted,
        skipped=skipped,
    )


class Reporter:
    """A callback for `study.optimize` that reports while the study runs, and never stops it.

    Failures are logged, once until it works again; what could not be sent goes with a later report. So call
    `Client.report` at the end. Threads may share one (``n_jobs``).
    """

    def __init__(self, connection: Connection, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare.

        Args:
            connection: To the service.
            clock: Seconds; after a failure nothing is tried for `PAUSE_AFTER_FAILURE_S`, so that a service that is
                down doesn't slow the study.
        """
        self._connection = connection
        self._clock = clock
        self._lock = threading.Lock()
        self._paused_until = -float("inf")
        self._failing = False

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """Report what has finished; `trial` is the latest of it."""
        with self._lock:
            if self._clock() < self._paused_until:
                return
            try:
                skipped = report(self._connection, study).skipped
            except WarmtuneError as error:
                if not self._failing:
                    _logger.warning("trial %d is not reported yet: %s", trial.number, error)
                self._failing = True
                self._paused_until = self._clock() + PAUSE_AFTER_FAILURE_S
                return
            self._failing = False
        for trial_skipped in skipped:
            _logger.warning("trial %d is not reported: %s", trial_skipped.number, trial_skipped.error)


def _send(connection: Connection, study_id: str, batch: list[Trial]) -> int:
    """Send a batch and return how many of it were new.

    A trial that was sent while it ended (`ending`) took a little longer by the storage's clock than by the sender's. If
    its number was not remembered, since another process reported at that moment, it is sent again, and the service
    sees a contradiction: what it keeps stays, the rest goes without those.
    """
    try:
        return connection.send(report_trials(study_id, batch)).accepted
    except ConflictError:
        kept = _finished_numbers(connection, study_id)
        left = [trial for trial in batch if trial.number not in kept]
        if len(left) == len(batch):
            raise
    return connection.send(report_trials(study_id, left)).accepted if left else 0


def _finished_numbers(connection: Connection, study_id: str) -> set[int]:
    numbers: set[int] = set()
    cursor: str | None = None
    while True:
        page = connection.send(list_trials(study_id, limit=PAGE_SIZE, cursor=cursor))
        numbers |= {trial.number for trial in page.items if trial.state.is_finished}
        cursor = page.next_cursor
        if cursor is None:
            return numbers


def _converted(fresh: list[FrozenTrial], memory: StudyMemory) -> tuple[list[Trial], tuple[SkippedTrial, ...]]:
    space = memory.subject.search_space.to_domain()
    trials: list[Trial] = []
    skipped: list[SkippedTrial] = []
    for frozen in fresh:
        try:
            trials.append(finished_trial(frozen, space))
        except InvalidConfigurationError as error:
            skipped.append(SkippedTrial(frozen.number, error))
    return trials, tuple(skipped)
