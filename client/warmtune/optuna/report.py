"""Sending an Optuna study's finished trials back, as often and from as many processes as one likes."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from optuna.study import Study
from optuna.trial import FrozenTrial

from warmtune.optuna.batches import DeliveryResult, DivergedError, send_in_batches
from warmtune.optuna.directions import check_study
from warmtune.optuna.finished_trials import finished_trial, finished_with
from warmtune.optuna.memory import AcknowledgedTrials, StudyMemory, recall, remember_reported, reported_trials
from warmtune.optuna.stored_study import begun_study
from warmtune.optuna.trial_identity import is_still, trial_digest
from warmtune.optuna.usable import refusal
from warmtune.optuna.wider_study import are_many_more, begun_wider
from warmtune.rest.connection import Connection
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError, NotFoundError, shown
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.study import QuarantinedTrial
from warmtune.vocabulary.trial import Trial, TrialState

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SkippedTrial:
    """A trial that can't be reported, and why: mostly because it is no configuration of the search space."""

    number: int
    error: InvalidInputError


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
        n_skipped_before: How many trials earlier reports have skipped, those of a sampler or reporter among them.
        hint: What to look at where none of the skipped trials has a parameter of the search space, or None.
        quarantined: Trials of the sent whose value the metric can't have: they are stored, and nothing is learned from
            them.
    """

    study_id: str
    complete: int
    pruned: int
    failed: int
    accepted: int
    skipped: tuple[SkippedTrial, ...]
    hint: str | None = None
    quarantined: tuple[QuarantinedTrial, ...] = ()
    n_skipped_before: int = 0

    @property
    def warning(self) -> str | None:
        """The warning about the first trial that models don't learn from, or None."""
        if self.skipped:
            return f"trial {self.skipped[0].number} is not reported, nor are others like it: " + (
                self.hint or str(self.skipped[0].error)
            )
        if self.quarantined:
            first = self.quarantined[0]
            return f"nothing is learned from trial {first.number}, nor from others like it: {first.reason}"
        return None


def report(connection: Connection, study: Study, *, ending: FrozenTrial | None = None) -> Report:
    """Send what finished since the last report.

    The service stores trials by number, and the study remembers which were acknowledged, so that calling this again,
    or from several processes, does no harm; trials that were sent before a failure are not lost. A copy of a study
    (by Optuna, a pickle or a deep copy) that went on by itself is reported as a study of its own, with all its trials.
    So is a study whose trials don't fit the search space that it was begun with, over one that takes more of them.

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
            f"the study {study.study_name!r} was not warm-started, so its task is not known; "
            "pass the data or a task's id",
            field="study",
        )
    if not memory.is_of(study):
        memory = _begun_copy(connection, study, memory, why="its name is another")
    while True:  # other copies may have left the same study before: the next one may be taken as well
        try:
            return _reported(connection, study, memory, ending)
        except NotFoundError as error:
            raise error.placed(
                error.field,
                f"the service has no study {memory.study_id} any more, to which {study.study_name!r} was reported: "
                "warm-start it again, or report it with its data",
            ) from error
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


def _begun_copy(connection: Connection, study: Study, memory: StudyMemory, *, why: str) -> StudyMemory:
    begun = begun_study(connection, study, memory.subject, parent_id=memory.study_id, begun_with=memory.begun_with)
    _logger.warning(
        "the study %r is a copy of the one stored as %s (%s): all its trials are reported as a study of its own, %s",
        study.study_name,
        memory.study_id,
        why,
        begun.study_id,
    )
    return begun


def log_unlearned(reports: Iterable[Report]) -> None:
    """Warn of trials that were not sent, and of values that the metric can't have: a report may go unread."""
    for sent in reports:
        if sent.skipped:
            lost = sent.skipped[0]
            _logger.warning(
                "trial %d%s not reported: %s",
                lost.number,
                _and_others(len(sent.skipped) - 1, "is", "are"),
                sent.hint or lost.error,
            )
        if sent.quarantined:
            first, others = sent.quarantined[0], len(sent.quarantined) - 1
            rest = f", nor from {others} others" if others else ""
            _logger.warning("nothing is learned from trial %d%s: %s", first.number, rest, first.reason)


def _and_others(n_others: int, one: str, several: str) -> str:
    return f" and {n_others} others {several}" if n_others else f" {one}"


def reported_from_scratch(connection: Connection, memory: StudyMemory, finished: Sequence[FrozenTrial]) -> Report:
    """Send all of these trials, whatever was acknowledged before; nothing is remembered.

    Raises:
        DivergedError: If the service stores another trial under one of the numbers.
    """
    trials, skipped = _converted(finished, memory)
    sent = send_in_batches(connection, memory.study_id, trials, lambda numbers: None)
    return _summary(memory, finished, skipped + _refused(sent), sent)


def _wider(
    connection: Connection, study: Study, memory: StudyMemory, finished: Sequence[FrozenTrial]
) -> StudyMemory | None:
    """As `begun_wider`; where the service takes no such space, the study goes on as it is."""
    try:
        return begun_wider(connection, study, memory, finished)
    except (InvalidInputError, LimitExceededError) as error:
        _logger.warning("the search space of %r stays as it is: a wider one is refused: %s", study.study_name, error)
        return None


def _reported(connection: Connection, study: Study, memory: StudyMemory, ending: FrozenTrial | None) -> Report:
    done = reported_trials(study, memory.study_id)
    finished = finished_with(study, ending)
    if done.latest is not None and not is_still(study, *done.latest, finished):
        done = AcknowledgedTrials()  # its attributes are another study's: each trial is compared with what is stored
    fresh = [t for t in finished if t.number not in done.numbers]
    n_before = done.n_skipped
    n_skipped = n_before + len(_converted(fresh, memory)[1])
    if are_many_more(n_before, n_skipped):
        wider = _wider(connection, study, memory, finished)
        if wider is not None:
            return _reported(connection, study, wider, ending)
    sent, skipped = _sent(connection, study, memory, fresh=fresh, done=done)
    if sent.n_stored is not None and sent.n_stored < done.n_acknowledged:
        _logger.warning(
            "the service stores %d of the %d trials that it had acknowledged, as after a backup was restored: all of "
            "the study %r are sent again",
            sent.n_stored,
            done.n_acknowledged,
            study.study_name,
        )
        fresh, n_before = finished, 0
        sent, skipped = _sent(connection, study, memory, fresh=fresh, done=AcknowledgedTrials())
    summary = _summary(memory, fresh, skipped, sent)
    if not n_before:
        return summary
    everything = {trial.number for trial in finished}
    hint = summary.hint or _hint(finished, everything, memory.subject.search_space.to_domain())
    return replace(summary, n_skipped_before=n_before, hint=hint)


def _sent(
    connection: Connection, study: Study, memory: StudyMemory, *, fresh: Sequence[FrozenTrial], done: AcknowledgedTrials
) -> tuple[DeliveryResult, tuple[SkippedTrial, ...]]:
    """Send, and remember with each batch what needs no further report."""
    by_number = {trial.number: trial for trial in fresh}

    def acknowledged(numbers: set[int], n_skipped: int = 0) -> None:
        done.numbers |= numbers
        done.n_skipped += n_skipped
        last = max(numbers)
        if done.latest is None or last > done.latest[0]:
            done.latest = last, trial_digest(by_number[last])
        remember_reported(study, memory.study_id, done.numbers, n_skipped=done.n_skipped, latest=done.latest)

    trials, skipped = _converted(fresh, memory)
    sent = send_in_batches(connection, memory.study_id, trials, acknowledged)
    skipped += _refused(sent)
    if skipped:
        acknowledged({s.number for s in skipped}, len(skipped))
    return sent, skipped


def _refused(sent: DeliveryResult) -> tuple[SkippedTrial, ...]:
    return tuple(SkippedTrial(number, error) for number, error in sent.refused.items())


def _summary(
    memory: StudyMemory, fresh: Sequence[FrozenTrial], skipped: tuple[SkippedTrial, ...], sent: DeliveryResult
) -> Report:
    states = Counter(trial.state for trial in sent.trials)
    return Report(
        study_id=memory.study_id,
        complete=states[TrialState.COMPLETE],
        pruned=states[TrialState.PRUNED],
        failed=states[TrialState.FAIL],
        accepted=sent.n_accepted,
        skipped=skipped,
        hint=_hint(fresh, {s.number for s in skipped}, memory.subject.search_space.to_domain()),
        quarantined=tuple(sent.quarantined),
    )


def _hint(fresh: Sequence[FrozenTrial], skipped: set[int], space: SearchSpace) -> str | None:
    asked = {name for trial in fresh if trial.number in skipped for name in trial.params}
    return names_hint(list(asked), space) if asked and not asked & set(space.parameters) else None


def _unsendable(frozen: FrozenTrial, space: SearchSpace) -> InvalidInputError | None:
    """Why a parameter is none of the search space where the trial's own distribution of it is to blame."""
    for name, distribution in frozen.distributions.items():
        error = None if name in space.parameters else refusal(name, distribution)
        if error is not None:
            return error.placed(error.field, f"{error.message}: no service takes this parameter")
    return None


def _converted(fresh: Sequence[FrozenTrial], memory: StudyMemory) -> tuple[list[Trial], tuple[SkippedTrial, ...]]:
    space = memory.subject.search_space.to_domain()
    trials: list[Trial] = []
    skipped: list[SkippedTrial] = []
    for frozen in fresh:
        try:
            trials.append(finished_trial(frozen, space))
        except InvalidInputError as error:
            skipped.append(SkippedTrial(frozen.number, _unsendable(frozen, space) or error))
    return trials, tuple(skipped)
