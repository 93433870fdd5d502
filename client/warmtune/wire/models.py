"""Versions of models and their backtests on the wire."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from pydantic import Field, FiniteFloat

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.model_version import (
    BacktestAnswer,
    Comparison,
    ModelState,
    ModelVersion,
    RegretEstimate,
    TrialsSaved,
    TriedSurrogate,
)
from warmtune.vocabulary.task import TaskKind
from warmtune.wire import job_examples
from warmtune.wire.algorithms import RefitSurrogate
from warmtune.wire.base import Flag, Name, RequestBody, ResponseBody, with_example
from warmtune.wire.pages import PageBody
from warmtune.wire.spaces import SearchSpaceBody


class RefitRequest(RequestBody):
    """Which model to refit."""

    model_config = with_example(job_examples.REFIT_REQUEST)

    search_space: Name | SearchSpaceBody = Field(description="A registered name, or a search space")
    kind: TaskKind = Field(description="The kind of task; both kinds of classification share a model")
    metric: Name | None = Field(default=None, description="By default accuracy, or r2 for regression")
    direction: Direction | None = Field(default=None, description="Needed for metrics that Warmtune doesn't know")
    activate: Flag = Field(default=True, description="Activate the version unless its backtest is worse")
    surrogate: RefitSurrogate = Field(
        default="auto",
        description="What completes past tasks' maps or conditions on a study's trials: `none`, the engine's prior; "
        "`auto`, the most promising neural surrogate, if the backtest shows that it is better; an algorithm, its "
        "surrogate whatever the backtest shows",
    )


class ActivationRequest(RequestBody):
    """How to activate a version."""

    model_config = with_example(job_examples.ACTIVATION_REQUEST)

    force: Flag = Field(
        default=False, description="Activate the version even if its backtest is worse than that of the active one"
    )


class ComparisonBody(ResponseBody):
    """A version compared with the one that was active, on the same tasks with the same recorded trials."""

    other: str = Field(description="The version that was active")
    n_tasks: int = Field(description="Tasks that both were replayed on")
    difference: FiniteFloat = Field(description="Mean normalised regret, this minus the other: above 0 is worse")
    low: FiniteFloat = Field(description="Lower end of the 95 % interval over tasks")
    high: FiniteFloat = Field(description="Upper end of the interval")
    margin: FiniteFloat = Field(description="The version is rejected if the difference is above this")


class TriedSurrogateBody(ResponseBody):
    """A neural surrogate that the refit has tried in place of the engine's prior."""

    algorithm: str = Field(description="Algorithm, see docs/maml.md")
    role: Literal["maps", "suggestions"] = Field(
        description="Role: completing past tasks' maps, or conditioning on a study's trials"
    )
    n_tasks: int = Field(description="Tasks that both were replayed on")
    difference: FiniteFloat = Field(description="Mean normalised regret with it minus without: below 0 is better")
    low: FiniteFloat = Field(description="Lower end of the 97.5 % interval over tasks: two roles are tried")
    high: FiniteFloat = Field(description="Upper end of the interval")
    is_used: bool = Field(description="Whether it is used: `auto` requires the whole interval below 0")


class ModelResponse(ResponseBody):
    """A version of a model."""

    model_config = with_example(job_examples.MODEL)

    version: str = Field(description="Identifier; equal for the same trials and the same engine")
    search_space: str | None = Field(description="Name of the search space in the refit's request, or null")
    search_space_key: str = Field(description="Hash of the search space's parameters and conditions")
    kind_group: Literal["classification", "regression", "any"] = Field(description="Kind of the tasks")
    metric: str = Field(description="Metric of the scores")
    direction: Direction = Field(description="Direction of the metric")
    state: ModelState = Field(description="Whether the version is active, was active, or was rejected by its backtest")
    pinned: bool = Field(description="Whether the version learns only from its own trials, not from later ones")
    revision: int = Field(description="Number of batches of finished trials when it was learned")
    n_tasks: int = Field(description="Number of past tasks that it was learned from")
    n_trials: int = Field(description="Number of their finished trials")
    comparison: ComparisonBody | None = Field(
        default=None, description="Comparison with the version that was active then"
    )
    surrogates: list[TriedSurrogateBody] = Field(
        default=[], description="Surrogates tried in place of the engine's prior"
    )
    reason: str = Field(description="Reason for the state")
    created_at: datetime = Field(description="When it was learned")

    def to_domain(self) -> ModelVersion:
        """The version."""
        found = self.comparison
        return ModelVersion(
            version=self.version,
            search_space_name=self.search_space,
            search_space_key=self.search_space_key,
            kind_group=self.kind_group,
            metric=self.metric,
            direction=self.direction,
            state=self.state,
            pinned=self.pinned,
            revision=self.revision,
            n_tasks=self.n_tasks,
            n_trials=self.n_trials,
            comparison=None if found is None else Comparison(**found.model_dump()),
            surrogates=tuple(TriedSurrogate(**tried.model_dump()) for tried in self.surrogates),
            reason=self.reason,
            created_at=self.created_at,
        )

    @classmethod
    def from_domain(cls, version: ModelVersion) -> "ModelResponse":
        """The body of a version."""
        said = asdict(version)
        return cls.model_validate(said | {"search_space": said["search_space_name"]})


class ModelPage(PageBody[ModelResponse, ModelVersion]):
    """A page of versions, newest first."""

    model_config = with_example(job_examples.MODEL_PAGE)


class EstimateBody(ResponseBody):
    """A mean over tasks with its 95 % interval."""

    mean: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat


class TrialsSavedBody(ResponseBody):
    """Trials in which adaptive suggestions reach the mean regret of another method."""

    baseline: str = Field(description="The other method")
    after: int = Field(description="Number of its trials")
    regret: FiniteFloat = Field(description="Its mean regret after these trials")
    needed: int | None = Field(
        description="Trials that suggestions need to reach this regret; null if they don't reach it"
    )
    low: int | None = Field(description="Lower end of the 95 % interval of `needed`")
    high: int | None


class BacktestResponse(ResponseBody):
    """How good recommendations are on the stored studies: every task left out once, its recorded trials looked up."""

    model_config = with_example(job_examples.BACKTEST)

    version: str
    search_space: str
    metric: str
    direction: Direction
    n_tasks: int = Field(description="Tasks that were left out")
    created_at: datetime
    summary: dict[str, dict[int, EstimateBody]] = Field(
        description="By method and number of trials: mean normalised regret, 0 for a task's best recorded score"
    )
    ranks: dict[int, dict[str, FiniteFloat]] = Field(description="By number of trials and method: mean rank, 1 is best")
    trials_saved: list[TrialsSavedBody] = Field(description="Comparison with each other method at the last checkpoint")
    regret: dict[str, dict[str, list[FiniteFloat]]] = Field(
        description="By method and task: the least regret after 1, 2, ... trials"
    )

    def to_domain(self) -> BacktestAnswer:
        """The backtest."""
        return BacktestAnswer(
            version=self.version,
            search_space=self.search_space,
            metric=self.metric,
            direction=self.direction,
            n_tasks=self.n_tasks,
            created_at=self.created_at,
            summary={
                method: {n: RegretEstimate(e.mean, e.low, e.high) for n, e in curve.items()}
                for method, curve in self.summary.items()
            },
            ranks=self.ranks,
            trials_saved=tuple(TrialsSaved(**one.model_dump()) for one in self.trials_saved),
            regret=self.regret,
        )

    @classmethod
    def from_domain(cls, found: BacktestAnswer) -> "BacktestResponse":
        """The body of a backtest."""
        return cls.model_validate(asdict(found))
