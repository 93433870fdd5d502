"""Recommendations and suggestions on the wire."""

from typing import Annotated

from pydantic import Field, FiniteFloat

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.parameter_checks import MAX_PARAMETERS
from warmtune.vocabulary.recommendation import ExpectedGain, RankedConfiguration, Recommendation, Strategy
from warmtune.vocabulary.results import RecommendationAnswer
from warmtune.wire import examples
from warmtune.wire.base import (
    MAX_TRIALS_PER_REQUEST,
    ColumnNames,
    Count,
    Delimiter,
    Encoding,
    Flag,
    Name,
    Number,
    RequestBody,
    ResponseBody,
    WireValue,
    with_example,
)
from warmtune.wire.objectives import WithObjectives
from warmtune.wire.sizes import ItemLimit
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.studies import TrialBody
from warmtune.wire.tasks import SourceBody, TaskBody
from warmtune.wire.understanding import UnderstandingBody

Pending = Annotated[list[Annotated[dict[str, WireValue], ItemLimit(MAX_PARAMETERS)]], ItemLimit(1_000, is_limit=False)]
"""Configurations that are being evaluated."""


TimeLeft = Annotated[
    Annotated[Number, Field(gt=0)] | None,
    Field(description="Remaining seconds; the largest gain per predicted second among what ends in time comes first"),
]


class RecommendationRequest(WithObjectives):
    """What to recommend for: exactly one of a file's `target`, a `task_id` or a `task`."""

    model_config = with_example(examples.RECOMMENDATION_REQUEST)

    target: str | None = Field(default=None, description="Target column of the file")
    task_id: str | None = Field(default=None, description="A stored task")
    task: TaskBody | None = Field(default=None, description="A task by its meta-features; nothing is stored")
    kind: str | None = Field(
        default=None,
        description="With a file: binary, multiclass or regression; by default inferred from the metric or the target",
    )
    nominal: ColumnNames = Field(default=[], description="With a file: columns whose numbers are category codes")
    ignore: ColumnNames = Field(default=[], description="With a file: columns to leave out")
    sheet: str | None = Field(
        default=None, description="With a workbook: its sheet; by default the first one that isn't empty"
    )
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    name: Name | None = Field(default=None, description="With a file: the task's name, if it is to be stored")
    keep: Flag = Field(default=False, description="With a file: store the task, so that studies can refer to it")
    search_space: Name | SearchSpaceBody
    n_configurations: Count = 10
    time_budget_s: Annotated[Number, Field(gt=0)] | None = None
    exclude_task_ids: Annotated[list[str], ItemLimit(1_000, is_limit=False)] = []
    explain: Flag = Field(
        default=False, description="Also return a sentence on which configurations usually win on such tasks, and why"
    )


class ExpectedGainBody(ResponseBody):
    """What a trial is expected to add to the study's best score, in the metric's own units; never negative."""

    model_config = with_example(examples.EXPECTED_GAIN)

    mean: FiniteFloat = Field(description="Expected improvement on the best feasible score so far")
    low: FiniteFloat = Field(description="Value exceeded with a probability of 0.95")
    high: FiniteFloat = Field(description="Value exceeded with a probability of 0.05")
    probability: FiniteFloat = Field(description="Probability that the trial is better than the best so far")

    def to_domain(self) -> ExpectedGain:
        """The domain value."""
        return ExpectedGain(mean=self.mean, low=self.low, high=self.high, probability=self.probability)

    @classmethod
    def from_domain(cls, gain: ExpectedGain) -> "ExpectedGainBody":
        """The body of a gain."""
        return cls(mean=gain.mean, low=gain.low, high=gain.high, probability=gain.probability)


class ConfigurationBody(ResponseBody):
    """One configuration to try."""

    model_config = with_example(examples.RANKED)

    rank: int
    params: dict[str, WireValue]
    expected_regret: FiniteFloat | None = None
    uncertainty: FiniteFloat | None = None
    expected_duration_s: FiniteFloat | None = None
    sources: list[SourceBody] = []
    adjustments: list[str] = []
    failure_probability: FiniteFloat | None = Field(
        default=None, description="Probability that the trial fails; null if no failed trial is known"
    )
    feasible_probability: FiniteFloat | None = Field(
        default=None, description="Probability that the trial meets the study's constraints; null if it has none"
    )
    expected_gain: ExpectedGainBody | None = Field(
        default=None,
        description="Of suggestions: expected gain over the study's best score; null before the first score",
    )

    def to_domain(self) -> RankedConfiguration:
        """The domain value."""
        return RankedConfiguration(
            rank=self.rank,
            configuration=dict(self.params),
            expected_regret=self.expected_regret,
            uncertainty=self.uncertainty,
            expected_duration_s=self.expected_duration_s,
            sources=tuple(source.to_domain() for source in self.sources),
            adjustments=tuple(self.adjustments),
            failure_probability=self.failure_probability,
            feasible_probability=self.feasible_probability,
            expected_gain=None if self.expected_gain is None else self.expected_gain.to_domain(),
        )

    @classmethod
    def from_domain(cls, ranked: RankedConfiguration) -> "ConfigurationBody":
        """The body of a ranked configuration."""
        return cls(
            rank=ranked.rank,
            params=dict(ranked.configuration),
            expected_regret=ranked.expected_regret,
            uncertainty=ranked.uncertainty,
            expected_duration_s=ranked.expected_duration_s,
            sources=[SourceBody.from_domain(source) for source in ranked.sources],
            adjustments=list(ranked.adjustments),
            failure_probability=ranked.failure_probability,
            feasible_probability=ranked.feasible_probability,
            expected_gain=None if ranked.expected_gain is None else ExpectedGainBody.from_domain(ranked.expected_gain),
        )


class AnswerBody(ResponseBody):
    """Fields that recommendations and suggestions share."""

    configurations: list[ConfigurationBody]
    strategy: Strategy
    confidence: float = Field(
        description="chance that the first configuration beats the space's default, a tie counting half (of "
        "suggestions: the study's best so far); 0 where nothing is known"
    )
    reason: str = Field(default="", description="Reason for the strategy")
    model_version: str
    share_ids: list[str] = Field(default=[], description="Shared models of other workspaces that the answer used")

    def to_domain(self) -> Recommendation:
        """The domain value."""
        return Recommendation(
            configurations=tuple(c.to_domain() for c in self.configurations),
            strategy=self.strategy,
            confidence=self.confidence,
            model_version=self.model_version,
            reason=self.reason,
            share_ids=tuple(self.share_ids),
        )


class RecommendationResponse(AnswerBody):
    """The ordered batch to try first."""

    model_config = with_example(examples.RECOMMENDATION)

    recommendation_id: str
    task_id: str | None = Field(default=None, description="Identifier of the task; null if it isn't stored")
    metric: str
    direction: Direction
    explanation: str | None = Field(
        default=None, description="Which configurations usually win on such tasks, if requested"
    )
    understanding: UnderstandingBody | None = Field(
        default=None, description="Interpretation of the file; null without a file"
    )

    def to_domain(self) -> RecommendationAnswer:
        """The answer."""
        return RecommendationAnswer(
            configurations=tuple(one.to_domain() for one in self.configurations),
            strategy=self.strategy,
            confidence=self.confidence,
            model_version=self.model_version,
            reason=self.reason,
            share_ids=tuple(self.share_ids),
            recommendation_id=self.recommendation_id,
            explanation=self.explanation,
            task_id=self.task_id,
            metric=self.metric,
            direction=self.direction,
            understanding=None if self.understanding is None else self.understanding.to_domain(),
        )

    @classmethod
    def from_domain(cls, answer: RecommendationAnswer) -> "RecommendationResponse":
        """The body of an answer."""
        return cls(
            configurations=[ConfigurationBody.from_domain(one) for one in answer.configurations],
            strategy=answer.strategy,
            confidence=answer.confidence,
            reason=answer.reason,
            model_version=answer.model_version,
            share_ids=list(answer.share_ids),
            recommendation_id=answer.recommendation_id,
            task_id=answer.task_id,
            metric=answer.metric,
            direction=answer.direction,
            explanation=answer.explanation,
            understanding=None if answer.understanding is None else UnderstandingBody.from_domain(answer.understanding),
        )


class SuggestionsResponse(AnswerBody):
    """The next configurations, given the trials so far."""

    model_config = with_example(examples.SUGGESTIONS)

    study_id: str | None = None

    @classmethod
    def from_domain(cls, answer: Recommendation, *, study_id: str | None) -> "SuggestionsResponse":
        """The body of an answer for a study, or for trials that came along."""
        return cls(
            study_id=study_id,
            configurations=[ConfigurationBody.from_domain(one) for one in answer.configurations],
            strategy=answer.strategy,
            confidence=answer.confidence,
            reason=answer.reason,
            model_version=answer.model_version,
            share_ids=list(answer.share_ids),
        )


class StudySuggestionsRequest(RequestBody):
    """Options of suggestions for a stored study."""

    model_config = with_example(examples.STUDY_SUGGESTIONS_REQUEST)

    n: Count = 1
    pending: Pending = Field(default=[], description="Configurations that other workers are evaluating now")
    time_budget_s: TimeLeft = None


class SuggestionsRequest(WithObjectives):
    """Options of suggestions that store nothing: the trials are sent along."""

    model_config = with_example(examples.SUGGESTIONS_REQUEST)

    task_id: str | None = None
    task: TaskBody | None = None
    search_space: Name | SearchSpaceBody
    trials: Annotated[list[TrialBody], ItemLimit(MAX_TRIALS_PER_REQUEST, is_limit=False)] = []
    pending: Pending = []
    time_budget_s: TimeLeft = None
    n: Count = 1
    exclude_task_ids: Annotated[list[str], ItemLimit(1_000, is_limit=False)] = []
