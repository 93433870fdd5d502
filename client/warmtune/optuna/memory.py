"""What an Optuna study remembers of Warmtune, in its user attributes: any process that opens it finds it there."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from optuna.study import Study
from pydantic import BaseModel, ConfigDict, ValidationError

from warmtune.optuna.whole_study import set_user_attribute, user_attribute
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.wire.spaces import SearchSpaceBody

MEMORY_KEY = "warmtune:study"
REPORTED_KEY = "warmtune:reported"
MAX_TRIALS: Final = 10_000_000
"""More than any study has."""


class StudySubject(BaseModel):
    """What is tuned, over which search space, and by which metric; with several objectives, the further ones too."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task_id: str
    metric: str
    direction: Direction
    search_space: SearchSpaceBody
    search_space_name: str | None
    further_metrics: tuple[str, ...] = ()
    further_directions: tuple[Direction, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Of all objectives."""
        return (self.metric, *self.further_metrics)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Of all objectives."""
        return (self.direction, *self.further_directions)


class StudyMemory(BaseModel):
    """Which study of the service an Optuna study belongs to.

    Attributes:
        study_id: The service's study.
        subject: What it is about.
        study_name: The Optuna study that it was made for: a copy carries the memory along under another name.
        begun_with: What the study was to be about, where its trials are reported over another search space.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    study_id: str
    subject: StudySubject
    study_name: str | None = None
    begun_with: StudySubject | None = None

    @property
    def asked(self) -> StudySubject:
        """What the study was to be about, whatever its trials have asked for since."""
        return self.subject if self.begun_with is None else self.begun_with

    def is_of(self, study: Study) -> bool:
        """Whether it was made for this study, not for the one that this is a copy of."""
        return self.study_name in (None, study.study_name)


class _Reported(BaseModel):
    """Trials that need no further report: inclusive ranges of numbers, within one study of the service."""

    study_id: str
    ranges: list[tuple[int, int]]
    n_skipped: int = 0
    latest: tuple[int, str] | None = None


@dataclass(slots=True)
class AcknowledgedTrials:
    """Trials that need no further report to a study of the service.

    Attributes:
        numbers: Of those that it has acknowledged, and of those that can't be sent.
        n_skipped: How many of them can't be sent.
        latest: Number and `trial_digest` of the one with the highest number; None where that isn't known.
    """

    numbers: set[int] = field(default_factory=set)
    n_skipped: int = 0
    latest: tuple[int, str] | None = None

    @property
    def n_acknowledged(self) -> int:
        """How many trials the service has acknowledged."""
        return len(self.numbers) - self.n_skipped


def remember(study: Study, memory: StudyMemory) -> None:
    """Write the memory into the study; all processes on its storage see it."""
    set_user_attribute(study, MEMORY_KEY, memory.model_dump(mode="json"))


def recall(study: Study) -> StudyMemory | None:
    """The study's memory, or that of the study it was copied from, or None where there is none.

    Raises:
        InvalidInputError: If the user attribute holds something else.
    """
    stored = user_attribute(study, MEMORY_KEY)
    if stored is None:
        return None
    try:
        return StudyMemory.model_validate(stored)
    except ValidationError as error:
        raise InvalidInputError(
            f"the user attribute {MEMORY_KEY!r} is not what Warmtune writes there",
            field=f"study.user_attrs.{MEMORY_KEY}",
            value=stored,
        ) from error


def reported_trials(study: Study, study_id: str) -> AcknowledgedTrials:
    """The trials that need no further report to `study_id`.

    Two processes that report at once may forget each other's latest: those trials are then sent again, which
    is harmless.
    """
    stored = user_attribute(study, REPORTED_KEY)
    try:
        reported = _Reported.model_validate(stored)
    except ValidationError:
        return AcknowledgedTrials()
    n_numbers = sum(last - first + 1 for first, last in reported.ranges)
    if reported.study_id != study_id or n_numbers > MAX_TRIALS:  # the latter is none of ours
        return AcknowledgedTrials()
    numbers = {number for first, last in reported.ranges for number in range(first, last + 1)}
    return AcknowledgedTrials(numbers, min(reported.n_skipped, len(numbers)), reported.latest)


def reported_numbers(study: Study, study_id: str) -> set[int]:
    """Numbers of the trials that need no further report to `study_id`: acknowledged ones, and those that can't be sent.

    For scripts that look into a study; `reported_trials` says more.
    """
    return reported_trials(study, study_id).numbers


def remember_reported(
    study: Study,
    study_id: str,
    numbers: Iterable[int],
    *,
    n_skipped: int = 0,
    latest: tuple[int, str] | None = None,
) -> None:
    """Write which trials need no further report; see `AcknowledgedTrials`."""
    reported = _Reported(study_id=study_id, ranges=_ranges(sorted(numbers)), n_skipped=n_skipped, latest=latest)
    set_user_attribute(study, REPORTED_KEY, reported.model_dump(mode="json"))


def _ranges(ordered: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in ordered:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges
