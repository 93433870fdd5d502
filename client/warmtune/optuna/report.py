"""Sending an Optuna study's finished trials back, as often and from as many processes as one likes."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optuna.study import Study
from optuna.trial import FrozenTrial

from warmtune.optuna.directions import check_study
from warmtune.optuna.divergence import first_different, stored_trials
from warmtune.optuna.finished_trials import FINISHED_STATES, finished_trial
from warmtune.optuna.memory import StudyMemory, recall, remember_reported, reported_numbers
from warmtune.optuna.stored_study import begun_study
from warmtune.optuna.whole_study import all_trials
from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.studies import report_trials
from warmtune.vocabulary.errors import ConflictError, InvalidConfigurationError, InvalidInputError, shown
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.study import TrialsReceipt
from warmtune.vocabulary.trial import Trial, TrialState

BATCH_SIZE = 1_000

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
        hint: What to look at where none of the skipped trials has a parameter of the search space, or None.
    """

    study_id: str
    complete: int
    pruned: int
    failed: int
    accepted: int
    skipped: tuple[SkippedTrial, ...]
    hint: str | None = None


def report(connection: Connection, study: Study, *, ending: FrozenTrial | None = None) -> Report:
    """Send what finished since the last report.

    The service stores trials by number, and the study remembers which were acknowledged, so that calling this again,
    or from several processes, does no harm; trials that were sent before a failure are not lost. A copy of a study
    (by Optuna, a pickle or a deep copy) that went on by itself is reported as a study of its own, with all its trials.

    Args:
        connection: To the service.
        study: A warm-started one.
        ending: A trial that is as good as finished, but that the study's storage still calls running.

    Raises:
        InvalidInputError: If the study was never warm-started.
        UnavailableError: If the service can't be reached; call again later.
        NotFoundError: If the service no longer has the study: warm-start it again.
        StudyStorageError: If the study's storage fails.
    """
    check_study(study)
    memory = recall(study)
    if memory is None:
        raise InvalidInputError(
            f"the study {study.study_name!r} was not warm-started, so that nobody knows its task; "
            "give the data or a task's id",
            field="study",
        )
    if not memory.is_of(study):
        memory = _begun_copy(connection, study, memory, why="its name is another")
    while True:  # other copies may have left the same study before: the next one may be taken as well
        try:
            return _reported(connection, study, memory, ending)
        except DivergedError as diverged:
            latest = recall(study)
            if latest is None or latest.study_id == memory.study_id:  # else another worker has been here
                why = f"trial {diverged.trial.number} is stored there with other content"
                latest = _begun_copy(connection, study, memory, why=why)
            memory = latest


def names_hint(asked: Sequence[str], space: SearchSpace) -> str:
    """What to say where a search space has nothing of what the objective asks for."""
    return (
        f"the objective asks for {shown(sorted(asked))}, of which the search space has none: it has "
        f"{shown(sorted(space.parameters))}; nothing can be warm until the names are the same "
        "(warmtune.suggest makes sure)"
    )


class DivergedError(Exception):
    """The service stores another trial under the number."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial.number)
        self.trial = trial


def _begun_copy(connection: Connection, study: Study, memory: StudyMemory, *, why: str) -> StudyMemory:
    begun = begun_study(connection, study, memory.subject, parent_id=memory.study_id)
    _logger.warning(
        "the study %r is a copy of the one stored as %s (%s): all its trials are reported as a study of its own, %s",
        study.study_name,
        memory.study_id,
        why,
        begun.study_id,
    )
    return begun


def reported_from_scratch(connection: Connection, memory: StudyMemory, finished: Sequence[FrozenTrial]) -> Report:
    """Send all of these trials, whatever was acknowledged before; nothing is remembered.

    Raises:
        DivergedError: If the service stores another trial under one of the numbers.
    """
    return _reported_in_batches(connection, memory, finished, lambda numbers: None)


def _reported(connection: Connection, study: Study, memory: StudyMemory, ending: FrozenTrial | None) -> Report:
    done = reported_numbers(study, memory.study_id)
    finished = [*all_trials(study, FINISHED_STATES), *([] if ending is None else [ending])]
    fresh = [t for t in finished if t.number not in done]

    def acknowledged(numbers: set[int]) -> None:
        done.update(numbers)
        remember_reported(study, memory.study_id, done)

    return _reported_in_batches(connection, memory, fresh, acknowledged)


def _reported_in_batches(
    connection: Connection,
    memory: StudyMemory,
    fresh: Sequence[FrozenTrial],
    acknowledged: Callable[[set[int]], None],
) -> Report:
    space = memory.subject.search_space.to_domain()
    trials, skipped = _converted(fresh, space)
    accepted = 0
    for start in range(0, len(trials), BATCH_SIZE):
        batch = trials[start : start + BATCH_SIZE]
        accepted += _send(connection, memory.study_id, batch)
        acknowledged({trial.number for trial in batch})
    if skipped:
        acknowledged({s.number for s in skipped})
    states = Counter(trial.state for trial in trials)
    return Report(
        study_id=memory.study_id,
        complete=states[TrialState.COMPLETE],
        pruned=states[TrialState.PRUNED],
        failed=states[TrialState.FAIL],
        accepted=accepted,
        skipped=skipped,
        hint=_hint(fresh, {s.number for s in skipped}, space),
    )


def _hint(fresh: Sequence[FrozenTrial], skipped: set[int], space: SearchSpace) -> str | None:
    asked = {name for trial in fresh if trial.number in skipped for name in trial.params}
    return names_hint(list(asked), space) if asked and not asked & set(space.parameters) else None


def _send(connection: Connection, study_id: str, batch: list[Trial]) -> int:
    """Send a batch and return how many of it were new.

    If another process reported some of it at that moment, or the study forgot that they were sent, the service may see
    a contradiction of durations: what it keeps stays, the rest goes without those.

    Raises:
        DivergedError: If the service stores another trial under one of the numbers.
    """
    try:
        return _accepted(connection.send(report_trials(study_id, batch)))
    except ConflictError:
        stored = stored_trials(connection, study_id)
        different = first_different(batch, stored)
        if different is not None:
            raise DivergedError(different) from None
        left = [trial for trial in batch if trial.number not in stored]
        if len(left) == len(batch):
            raise
    return _accepted(connection.send(report_trials(study_id, left))) if left else 0


def _accepted(receipt: TrialsReceipt) -> int:
    """How many trials were new; those that nothing is learned from are logged."""
    if receipt.quarantined:
        first = receipt.quarantined[0]
        others = f", nor from {len(receipt.quarantined) - 1} others" if len(receipt.quarantined) > 1 else ""
        _logger.warning("nothing is learned from trial %d%s: %s", first.number, others, first.reason)
    return receipt.accepted


def _converted(fresh: Sequence[FrozenTrial], space: SearchSpace) -> tuple[list[Trial], tuple[SkippedTrial, ...]]:
    trials: list[Trial] = []
    skipped: list[SkippedTrial] = []
    for frozen in fresh:
        try:
            trials.append(finished_trial(frozen, space))
        except InvalidConfigurationError as error:
            skipped.append(SkippedTrial(frozen.number, error))
    return trials, tuple(skipped)
