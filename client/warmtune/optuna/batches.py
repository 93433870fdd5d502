"""Trials on their way to the service, a batch at a time; one that it refuses doesn't keep the others back."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from warmtune.optuna.divergence import first_different, stored_trials
from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.studies import report_trials
from warmtune.vocabulary.errors import ConflictError, InvalidInputError, LimitExceededError
from warmtune.vocabulary.study import QuarantinedTrial
from warmtune.vocabulary.trial import Trial

BATCH_SIZE: Final = 1_000
BODY: Final = "body"
"""The field of an error that concerns a request as a whole, as one that is too large."""
_PLACE: Final = re.compile(r"trials\.(\d+)(\.|$)")


class DivergedError(Exception):
    """The service stores another trial under the number."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial.number)
        self.trial = trial


@dataclass(slots=True)
class DeliveryResult:
    """What became of trials.

    Attributes:
        trials: Those that the service has.
        n_accepted: How many of them were new to it.
        n_stored: Trials of the study there now; None where nothing was sent.
        quarantined: Those of them that nothing is learned from.
        refused: Those that it refuses by themselves, by number.
    """

    trials: list[Trial] = field(default_factory=list)
    n_accepted: int = 0
    n_stored: int | None = None
    quarantined: list[QuarantinedTrial] = field(default_factory=list)
    refused: dict[int, InvalidInputError] = field(default_factory=dict)


def send_in_batches(
    connection: Connection, study_id: str, trials: Sequence[Trial], acknowledged: Callable[[set[int]], None]
) -> DeliveryResult:
    """Send trials, and report each batch that the service has.

    Args:
        connection: To the service.
        study_id: The service's study.
        trials: In any order.
        acknowledged: Is called with the numbers of each batch.

    Where the service, or a proxy before it, takes no body of that size, batches become smaller.

    Raises:
        DivergedError: If the service stores another trial under one of the numbers.
        WarmtuneError: What else the service answers, or goes wrong on the way; batches before are stored.
    """
    sent = DeliveryResult()
    size, start = BATCH_SIZE, 0
    while start < len(trials):
        batch = list(trials[start : start + size])
        try:
            while batch and (refused := _send(connection, study_id, batch, sent)) is not None:
                place, error = refused
                sent.refused[batch.pop(place).number] = error
        except LimitExceededError as error:
            if error.field != BODY:
                raise
            if len(batch) > 1:
                size = len(batch) // 2
            else:
                sent.refused[batch[0].number] = error
                start += 1
            continue
        start += size
        if batch:
            sent.trials += batch
            acknowledged({trial.number for trial in batch})
    return sent


def _send(
    connection: Connection, study_id: str, batch: Sequence[Trial], sent: DeliveryResult
) -> tuple[int, InvalidInputError] | None:
    """Send a batch; give the place of the trial that the service refuses it for, or None where it has all.

    If another process reported some of it at that moment, or the study forgot that they were sent, the service may see
    a contradiction of durations: what it keeps stays, the rest goes without those.
    """
    try:
        _post(connection, study_id, batch, sent)
    except ConflictError:
        stored = stored_trials(connection, study_id)
        different = first_different(batch, stored)
        if different is not None:
            raise DivergedError(different) from None
        left = [trial for trial in batch if trial.number not in stored]
        if len(left) == len(batch):
            raise
        sent.n_stored = len(stored)
        if left:
            _post(connection, study_id, left, sent)
    except InvalidInputError as error:  # by a service of another version, whose rules are stricter
        place = _PLACE.match(error.field or "")
        if place is None or int(place[1]) >= len(batch):
            raise
        return int(place[1]), error
    return None


def _post(connection: Connection, study_id: str, batch: Sequence[Trial], sent: DeliveryResult) -> None:
    receipt = connection.send(report_trials(study_id, list(batch)))
    sent.n_accepted += receipt.accepted
    sent.n_stored = receipt.n_trials
    sent.quarantined += receipt.quarantined
