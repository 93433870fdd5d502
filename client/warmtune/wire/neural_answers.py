"""What neural models are asked on the wire, and what they answer: adaptation and suggestions."""

import base64
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from warmtune.vocabulary.neural_model import AdaptedAnswer, NeuralSuggestion, NeuralSuggestions
from warmtune.vocabulary.parameter_checks import MAX_PARAMETERS
from warmtune.wire import neural_examples as examples
from warmtune.wire.base import Flag, Label, Number, RequestBody, ResponseBody, Whole, WireValue, with_example
from warmtune.wire.sizes import ItemLimit
from warmtune.wire.tasks import TaskBody

MAX_ITEMS = 100_000
"""Of any list of a request; settings of the service allow fewer."""

Row = Annotated[list[WireValue], ItemLimit(10_000)]
Params = Annotated[dict[str, WireValue], ItemLimit(MAX_PARAMETERS)]


class SupportBody(RequestBody):
    """The support set: configurations with scores, or rows with targets for a task model."""

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
    """The query set: configurations for a surrogate or an acquisition, rows for a task model."""

    configurations: Annotated[list[Params], ItemLimit(MAX_ITEMS)] | None = Field(
        default=None, description="For a surrogate or an acquisition: configurations whose scores to predict"
    )
    rows: Annotated[list[Row], ItemLimit(MAX_ITEMS)] | None = Field(
        default=None, description="For a task model: rows whose targets to predict, with as many cells as the support's"
    )


class FineTuningBody(RequestBody):
    """Fine-tuning of a task model; omitted fields are as the model recommends."""

    n_steps: Annotated[Whole, Field(ge=0, le=500)] | None = Field(default=None, description="Gradient steps")
    rate: Annotated[Number, Field(ge=0, le=1)] | None = Field(default=None, description="Rate of the steps")
    pull: Annotated[Number, Field(ge=0, le=10)] | None = Field(
        default=None, description="Weight of the squared distance to the model's initialisation"
    )


class WithTask(RequestBody):
    """The task: at most one of the two fields; without either, the model knows nothing about it."""

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
    """A trial of the study."""

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

    @classmethod
    def from_domain(cls, suggestion: NeuralSuggestion) -> "NeuralSuggestionBody":
        """The body of a suggestion."""
        return cls(params=dict(suggestion.configuration), mean=suggestion.mean, sd=suggestion.sd)


class NeuralSuggestionsResponse(ResponseBody):
    """What to try next, in this order: the largest expected improvement first, or as an acquisition's policy picks."""

    model_config = with_example(examples.SUGGESTED)

    model: str = Field(description="The model's name")
    version: str = Field(description="Hash of its content")
    suggestions: list[NeuralSuggestionBody] = Field(description="Distinct configurations that were not tried")

    def to_domain(self) -> NeuralSuggestions:
        """The suggestions."""
        return NeuralSuggestions(self.model, self.version, tuple(one.to_domain() for one in self.suggestions))

    @classmethod
    def from_domain(cls, found: NeuralSuggestions) -> "NeuralSuggestionsResponse":
        """The body of suggestions."""
        suggestions = [NeuralSuggestionBody.from_domain(one) for one in found.suggestions]
        return cls(model=found.model, version=found.version, suggestions=suggestions)


class AdaptResponse(ResponseBody):
    """Predictions of the adapted model."""

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
        default=None, description="A task model's adapted parameters, if requested: base64 of a safetensors file"
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

    @classmethod
    def from_domain(cls, answer: AdaptedAnswer) -> "AdaptResponse":
        """The body of an answer."""
        return cls(
            model=answer.model,
            version=answer.version,
            mean=None if answer.mean is None else list(answer.mean),
            sd=None if answer.sd is None else list(answer.sd),
            classes=None if answer.classes is None else list(answer.classes),
            probabilities=None if answer.probabilities is None else [list(row) for row in answer.probabilities],
            support_loss=None if answer.support_loss is None else list(answer.support_loss),
            parameters=None if answer.parameters is None else base64.b64encode(answer.parameters).decode(),
        )
