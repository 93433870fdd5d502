"""Neural models on the wire."""

import base64
from dataclasses import asdict, fields
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, FiniteFloat, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.neural_model import AdaptedAnswer, LearnedFor, NeuralModel, NeuralSuggestion, NeuralSuggestions
from warmtune.vocabulary.parameter_checks import MAX_PARAMETERS
from warmtune.vocabulary.task import MAX_NAME_LENGTH, TaskKind
from warmtune.vocabulary.text import ACTING_SIGNS
from warmtune.wire import neural_examples as examples
from warmtune.wire.algorithms import NeuralAlgorithm
from warmtune.wire.base import Flag, Label, Name, Number, RequestBody, ResponseBody, Whole, WireValue, with_example
from warmtune.wire.pages import PageBody
from warmtune.wire.sizes import ItemLimit
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.tasks import TaskBody

Family = Literal["surrogate", "task_model", "acquisition"]


def _no_step(name: str) -> str:
    """Refuse the two names that every client takes for steps along a path."""
    if name in (".", ".."):
        raise PydanticCustomError("name", "a model's name is part of its address", {"expected": "not '.' or '..'"})
    return name


ModelName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME_LENGTH, pattern=rf"^[^/{ACTING_SIGNS}]+$"),
    AfterValidator(_no_step),
]


class NeuralTrainRequest(RequestBody):
    """Which surrogate, or acquisition, to meta-train on the stored trials, and how."""

    model_config = with_example(examples.TRAIN)

    name: ModelName = Field(
        description="A new name, without `/`, or that of a model of the same family, search space, kind and metric"
    )
    search_space: Name | SearchSpaceBody = Field(description="A registered name, or a search space")
    kind: TaskKind = Field(description="The kind of task; both kinds of classification share a surrogate")
    metric: Name | None = Field(default=None, description="By default accuracy, or r2 for regression")
    direction: Direction | None = Field(default=None, description="Needed for metrics that Warmtune doesn't know")
    algorithm: NeuralAlgorithm = Field(
        default="deep_kernel",
        description="docs/maml.md compares them; `auto` lets a backtest on the stored trials choose a surrogate; "
        "`learned_acquisition` trains a policy that picks configurations instead",
    )
    reads_meta_features: Flag = Field(
        default=False,
        description="Whether predictions depend on the task's meta-features too; those of `conditioned_maml` always do",
    )
    n_steps: Whole = Field(default=1_000, ge=1, description="Largest number of meta-steps")
    patience: Whole = Field(
        default=25,
        ge=1,
        le=100_000,
        description="Checks without improvement (one every 20 steps) before training ends early",
    )
    seed: Whole = Field(default=0, ge=0, lt=2**31, description="Seed; the same trials and seed give the same model")


class SurrogateOfBody(ResponseBody):
    """What a surrogate, or an acquisition, was learned for."""

    search_space: str | None = Field(description="Name of the search space in the request, or null")
    kind: Literal["classification", "regression", "any"] = Field(description="Kind of the tasks")
    metric: str = Field(description="Metric of the scores")
    direction: Direction = Field(description="Direction of the metric")


class NeuralModelResponse(ResponseBody):
    """A neural model that is stored."""

    model_config = with_example(examples.MODEL)

    name: str = Field(description="Name of the model")
    family: Family = Field(description="Family: predicting scores, predicting a table, or picking configurations")
    version: str = Field(description="Hash of its content")
    shipped: bool = Field(description="Whether it comes with Warmtune")
    surrogate_of: SurrogateOfBody | None = Field(
        default=None, description="Search space of a surrogate or an acquisition; else null"
    )
    facts: dict[str, JsonValue] = Field(description="Facts about its training")
    n_bytes: int = Field(description="Size of its safetensors file")
    created_at: datetime = Field(description="When it was stored, or last replaced")

    def to_domain(self) -> NeuralModel:
        """The model."""
        of = self.surrogate_of
        return NeuralModel(
            name=self.name,
            family=self.family,
            version=self.version,
            shipped=self.shipped,
            learned_for=None if of is None else LearnedFor(of.search_space, of.kind, of.metric, of.direction),
            facts=dict(self.facts),
            n_bytes=self.n_bytes,
            created_at=self.created_at,
        )

    @classmethod
    def from_domain(cls, model: NeuralModel) -> "NeuralModelResponse":
        """The body of a stored model."""
        of = model.learned_for
        said = {field.name: getattr(model, field.name) for field in fields(model)}
        learned_for = None if of is None else asdict(of)
        if learned_for is not None:
            learned_for |= {"search_space": learned_for["search_space_name"], "kind": learned_for["kind_group"]}
        return cls.model_validate(said | {"surrogate_of": learned_for})


class NeuralModelPage(PageBody[NeuralModelResponse, NeuralModel]):
    """A page of neural models, newest name first."""

    model_config = with_example(examples.MODEL_PAGE)

    items: list[NeuralModelResponse] = Field(description="Items of the page")
    next_cursor: str | None = Field(default=None, description="Cursor of the next page; null on the last page")


MAX_ITEMS = 100_000
"""Of any list of a request; settings of the service allow fewer."""

Row = Annotated[list[WireValue], ItemLimit(10_000)]
Params = Annotated[dict[str, WireValue], ItemLimit(MAX_PARAMETERS)]


class SupportBody(RequestBody):
    """What is known: configurations with scores, or rows with targets for a task model."""

    configurations: Annotated[list[Params], ItemLimit(MAX_ITEMS)] | None = Field(
        default=None, description="For a surrogate or an acquisition: the tried configurations"
    )
    scores: Annotated[list[Number], ItemLimit(MAX_ITEMS)] | None = Field(
        default=None, description="One for each configuration, in the same order"
    )
    rows: Annotated[list[Row], ItemLimit(MAX_ITEMS)] | None = Field(
        default=None,
        description="For a task model, at least two: numbers within ±1e100, texts, and null where a cell is missing",
    )
    targets: Annotated[list[Label], ItemLimit(MAX_ITEMS)] | None = Field(
        default=None,
        description="One for each row. Unless `kind` says otherwise, texts, booleans and whole numbers are classes, "
        "but whole numbers of more than 20 values with fewer than four rows each aren't; numbers lie within ±1e100",
    )


class QueryBody(RequestBody):
    """What is asked: configurations of a surrogate or an acquisition, rows of a task model."""

    configurations: Annotated[list[Params], ItemLimit(MAX_ITEMS)] | None = Field(
        default=None, description="For a surrogate or an acquisition: configurations whose scores to predict"
    )
    rows: Annotated[list[Row], ItemLimit(MAX_ITEMS)] | None = Field(
        default=None, description="For a task model: rows whose targets to predict, with as many cells as the support's"
    )


class FineTuningBody(RequestBody):
    """How to adapt a task model; what is left out is as the model recommends."""

    n_steps: Annotated[Whole, Field(ge=0, le=500)] | None = Field(default=None, description="Gradient steps")
    rate: Annotated[Number, Field(ge=0, le=1)] | None = Field(default=None, description="Rate of the steps")
    pull: Annotated[Number, Field(ge=0, le=10)] | None = Field(
        default=None, description="Weight of the squared distance to the model's initialisation"
    )


class WithTask(RequestBody):
    """The task that is asked about: at most one of both; without any, nothing is known of it."""

    task_id: str | None = Field(default=None, description="A stored task")
    task: TaskBody | None = Field(
        default=None, description="Meta-features of the task, for surrogates that were trained with meta-features"
    )


class AdaptRequest(WithTask):
    """A support set, and what to predict."""

    model_config = with_example(examples.ADAPT)

    support: SupportBody = Field(description="Known trials or rows of the task; may be empty")
    query: QueryBody = Field(default=QueryBody(), description="What to predict")
    kind: Literal["classification", "regression"] | None = Field(
        default=None, description="Kind of a task model's targets; by default inferred from them"
    )
    fine_tuning: FineTuningBody = Field(default=FineTuningBody(), description="Fine-tuning settings of a task model")
    return_parameters: Flag = Field(
        default=False, description="Also return a task model's adapted parameters: base64 of a safetensors file"
    )


class NeuralTrialBody(RequestBody):
    """A trial of the study that asks."""

    params: Params = Field(description="The configuration that was tried")
    value: Number | None = Field(
        default=None, description="Score; null if the trial failed, so that it isn't tried again"
    )


class NeuralSuggestionsRequest(WithTask):
    """A study's trials so far."""

    model_config = with_example(examples.SUGGEST)

    trials: Annotated[list[NeuralTrialBody], ItemLimit(MAX_ITEMS)] = Field(default=[], description="All trials so far")
    n: Whole = Field(
        default=1, ge=1, le=20, description="Number of configurations to suggest; fewer are returned if fewer are left"
    )
    seed: Whole = Field(
        default=0, ge=0, lt=2**31, description="Seed of a surrogate's random candidates; an acquisition draws none"
    )


class NeuralSuggestionBody(ResponseBody):
    """A configuration to try, with what the model expects of it."""

    params: Params = Field(description="A configuration of the model's search space")
    mean: FiniteFloat = Field(description="Expected score")
    sd: FiniteFloat = Field(description="Standard deviation of that score")

    def to_domain(self) -> NeuralSuggestion:
        """The suggestion."""
        return NeuralSuggestion(self.params, self.mean, self.sd)


class NeuralSuggestionsResponse(ResponseBody):
    """What to try next, in this order: the largest expected improvement first, or as an acquisition's policy picks."""

    model_config = with_example(examples.SUGGESTED)

    model: str = Field(description="The model's name")
    version: str = Field(description="Hash of its content")
    suggestions: list[NeuralSuggestionBody] = Field(description="Distinct configurations that were not tried")

    def to_domain(self) -> NeuralSuggestions:
        """The suggestions."""
        return NeuralSuggestions(self.model, self.version, tuple(one.to_domain() for one in self.suggestions))


class AdaptResponse(ResponseBody):
    """What the adapted model says."""

    model_config = with_example(examples.ADAPTED)

    model: str = Field(description="The model's name")
    version: str = Field(description="Hash of its content")
    mean: list[FiniteFloat] | None = Field(
        default=None, description="Predicted means, of scores or of a numeric target"
    )
    sd: list[FiniteFloat] | None = Field(default=None, description="Standard deviation of a new trial's score")
    classes: list[Label] | None = Field(
        default=None, description="Classes of the target, in the order of the probabilities"
    )
    probabilities: list[list[FiniteFloat]] | None = Field(
        default=None, description="Probabilities of the classes, one row for each queried row"
    )
    support_loss: list[FiniteFloat] | None = Field(
        default=None,
        description="Loss of a task model before and after its steps; each row is predicted without its label",
    )
    parameters: str | None = Field(
        default=None, description="A task model's adapted parameters, if asked for: base64 of a safetensors file"
    )

    def to_domain(self) -> AdaptedAnswer:
        """The answer; ValueError where the parameters are no base64."""
        return AdaptedAnswer(
            model=self.model,
            version=self.version,
            mean=None if self.mean is None else tuple(self.mean),
            sd=None if self.sd is None else tuple(self.sd),
            classes=None if self.classes is None else tuple(self.classes),
            probabilities=None if self.probabilities is None else tuple(tuple(row) for row in self.probabilities),
            support_loss=None if self.support_loss is None else tuple(self.support_loss),
            parameters=None if self.parameters is None else base64.b64decode(self.parameters, validate=True),
        )
