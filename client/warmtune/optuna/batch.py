"""The recommended batch of a study, shared through its user attributes: all its workers take from the same one."""

import logging
from collections.abc import Iterable

from optuna.study import Study
from optuna.trial import FrozenTrial
from pydantic import BaseModel, ConfigDict, ValidationError

from warmtune.optuna.observed import fixed_parameters
from warmtune.optuna.whole_study import set_user_attribute, user_attribute
from warmtune.vocabulary.errors import StudyStorageError
from warmtune.wire.base import WireValue

BATCH_KEY = "warmtune:batch"

_logger = logging.getLogger(__name__)


class RecommendedBatch(BaseModel):
    """Configurations to try first.

    Attributes:
        key: What they were recommended for.
        first_number: Number of the trial that takes the first.
        recommendation_id: The service's name of the answer.
        strategy: How it was made.
        model_version: The snapshot that answered.
        configurations: Best first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str
    first_number: int
    recommendation_id: str
    strategy: str
    model_version: str
    configurations: list[dict[str, WireValue]]

    def place(self, number: int, trials: Iterable[FrozenTrial]) -> int:
        """Which configuration is a trial's: its rank, from 0, among those that weren't enqueued.

        Trial numbers are unique among all workers of a study, so that no two get the same place.
        """
        enqueued = sum(bool(fixed_parameters(t)) for t in trials if self.first_number <= t.number < number)
        return number - self.first_number - enqueued

    def configuration(self, number: int, trials: Iterable[FrozenTrial]) -> dict[str, WireValue] | None:
        """The configuration of a trial, or None where the batch is used up or began later."""
        place = self.place(number, trials)
        return self.configurations[place] if 0 <= place < len(self.configurations) else None


def shared_batch(study: Study, key: str) -> RecommendedBatch | None:
    """The batch that some worker of the study has fetched for `key`, or None."""
    stored = user_attribute(study, BATCH_KEY)
    try:
        batch = RecommendedBatch.model_validate(stored)
    except ValidationError:
        return None
    return batch if batch.key == key else None


def share_batch(study: Study, batch: RecommendedBatch) -> RecommendedBatch:
    """Store a batch for all workers; return the one to use, which is another's if both fetched at the same moment.

    If the study's storage refuses it, this worker continues with its own.
    """
    try:
        set_user_attribute(study, BATCH_KEY, batch.model_dump(mode="json"))
        return shared_batch(study, batch.key) or batch
    except StudyStorageError as error:
        _logger.warning("the recommended batch is not shared with other workers: %s", error)
        return batch
