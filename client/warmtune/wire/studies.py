"""Studies and trials on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, FiniteFloat
from pydantic_core import PydanticCustomError

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.objectives import MAX_OBJECTIVES, Objective
from warmtune.vocabulary.parameter_checks import MAX_PARAMETERS
from warmtune.vocabulary.study import QuarantinedTrial, StudySummary, TrialsReceipt
from warmtune.vocabulary.trial import (
    MAX_CONSTRAINTS,
    MAX_INTERMEDIATE_VALUES,
    MAX_TRIAL_NUMBER,
    Trial,
    TrialState,
)
from warmtune.wire import examples
from warmtune.wire.base import Name, Number, RequestBody, ResponseBody, Whole, WireValue, with_example
from warmtune.wire.objectives import WithObjectives
from warmtune.wire.pages import PageBody
from warmtune.wire.sizes import LIMIT_EXCEEDED, ItemLimit
from warmtune.wire.spaces import SearchSpaceBody

MAX_METADATA_LENGTH = 100_000
"""Characters of a study's notes together, names included."""


def _short(metadata: dict[str, WireValue]) -> dict[str, WireValue]:
    """Refuse notes that would make every list of studies long."""
    length = sum(len(name) + len(note if isinstance(note, str) else str(note)) for name, note in metadata.items())
    if length > MAX_METADATA_LENGTH:
        raise PydanticCustomError(
            LIMIT_EXCEEDED,
            "there are {length} characters, and {max_length} are allowed",
            {"length": length, "max_length": MAX_METADATA_LENGTH},
        )
    return metadata


class StudyBody(WithObjectives):
    """A tuning run of a stored task."""

    model_config = with_example(examples.STUDY)

    task_id: str
    search_space: Name | SearchSpaceBody
    name: Name | None = None
    metadata: Annotated[dict[str, WireValue], ItemLimit(100, is_limit=False), AfterValidator(_short)] = {}
    creation_key: Name | None = Field(
        default=None, description="Requests with the same key get the same study, even at the same moment"
    )


class StudyResponse(ResponseBody):
    """A study that is stored."""

    model_config = with_example(examples.STORED_STUDY)

    study_id: str
    task_id: str
    search_space: str | None = Field(description="Registered name of the search space, or null")
    search_space_key: str = Field(description="Hash of the search space's parameters and conditions")
    metric: str
    direction: Direction
    name: str | None
    metadata: dict[str, WireValue] = {}
    metrics: list[str] = Field(default=[], description="Metrics of all objectives, the first included")
    directions: list[Direction] = Field(default=[], description="Direction of each metric")
    n_trials: int
    best_value: float | None = None
    created_at: datetime

    def to_domain(self) -> StudySummary:
        """The study."""
        return StudySummary(
            study_id=self.study_id,
            task_id=self.task_id,
            search_space_name=self.search_space,
            search_space_key=self.search_space_key,
            metric=self.metric,
            direction=self.direction,
            name=self.name,
            n_trials=self.n_trials,
            best_value=self.best_value,
            created_at=self.created_at,
            metadata=dict(self.metadata),
            objectives=tuple(map(Objective, self.metrics, self.directions)),
        )

    @classmethod
    def from_domain(cls, study: StudySummary) -> "StudyResponse":
        """The body of a stored study."""
        return cls(
            study_id=study.study_id,
            task_id=study.task_id,
            search_space=study.search_space_name,
            search_space_key=study.search_space_key,
            metric=study.metric,
            direction=study.direction,
            name=study.name,
            metadata=dict(study.metadata),
            n_trials=study.n_trials,
            best_value=study.best_value,
            created_at=study.created_at,
            metrics=[objective.metric for objective in study.objectives],
            directions=[objective.direction for objective in study.objectives],
        )


class StudyPage(PageBody[StudyResponse, StudySummary]):
    """A page of studies."""

    model_config = with_example(examples.STUDY_PAGE)


class TrialBody(RequestBody):
    """One trial; a complete one needs a finite `value`."""

    model_config = with_example(examples.TRIAL)

    number: Annotated[Whole, Field(ge=0, le=MAX_TRIAL_NUMBER)]
    params: Annotated[dict[str, WireValue], ItemLimit(MAX_PARAMETERS)]
    value: Number | None = None
    values: Annotated[list[Number], ItemLimit(MAX_OBJECTIVES)] = Field(
        default=[], description="With several objectives: one value each, the first of which is `value`"
    )
    state: TrialState = TrialState.COMPLETE
    duration_s: Annotated[Number, Field(ge=0)] | None = None
    intermediate_values: Annotated[
        dict[int, Annotated[FiniteFloat, Field(strict=True)]], ItemLimit(MAX_INTERMEDIATE_VALUES, is_limit=False)
    ] = {}
    constraints: Annotated[list[Number], ItemLimit(MAX_CONSTRAINTS, is_limit=False)] = Field(
        default=[], description="The trial is feasible if all are at most 0; in the same order in all trials of a study"
    )

    def to_domain(self) -> Trial:
        """The validated trial.

        Raises:
            InvalidInputError: On a complete trial without a value.
        """
        return Trial(
            number=self.number,
            configuration=dict(self.params),
            value=self.value,
            state=self.state,
            duration_s=self.duration_s,
            intermediate_values=dict(self.intermediate_values),
            constraints=tuple(self.constraints),
            values=tuple(self.values),
        )

    @classmethod
    def from_domain(cls, trial: Trial) -> "TrialBody":
        """The body of a trial."""
        return cls.model_validate(trial_fields(trial))


def trial_fields(trial: Trial) -> dict[str, object]:
    """The fields of a trial's body, which nobody has checked yet."""
    return {
        "number": trial.number,
        "params": dict(trial.configuration),
        "value": trial.value,
        "state": trial.state,
        "duration_s": trial.duration_s,
        "intermediate_values": dict(trial.intermediate_values),
        "constraints": list(trial.constraints),
        "values": list(trial.values),
    }


class TrialPage(PageBody[TrialBody, Trial]):
    """A page of trials, by number."""

    model_config = with_example(examples.TRIAL_PAGE)


class QuarantinedTrialBody(ResponseBody):
    """A quarantined trial: it is stored, but models don't learn from it."""

    number: int
    reason: str = Field(description="Why the metric can't have its value")


class TrialsResponse(ResponseBody):
    """The result of a batch: acknowledged trials are on disk."""

    model_config = with_example(examples.TRIALS_TAKEN)

    study_id: str
    accepted: int = Field(description="New trials, and known ones whose state changed")
    unchanged: int = Field(description="Trials that were already stored with the same content")
    n_trials: int = Field(description="Number of trials of the study")
    quarantined: list[QuarantinedTrialBody] = Field(
        default_factory=list, description="Trials of the batch with a value that the metric can't have"
    )

    def to_domain(self) -> TrialsReceipt:
        """The receipt."""
        found = tuple(QuarantinedTrial(body.number, body.reason) for body in self.quarantined)
        return TrialsReceipt(self.study_id, self.accepted, self.unchanged, self.n_trials, found)

    @classmethod
    def from_domain(cls, receipt: TrialsReceipt) -> "TrialsResponse":
        """The body of a receipt."""
        return cls(
            study_id=receipt.study_id,
            accepted=receipt.accepted,
            unchanged=receipt.unchanged,
            n_trials=receipt.n_trials,
            quarantined=[QuarantinedTrialBody(number=t.number, reason=t.reason) for t in receipt.quarantined],
        )
