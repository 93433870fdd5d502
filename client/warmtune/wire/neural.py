"""Neural models on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, JsonValue

from warmtune.metrics import Direction
from warmtune.task import TaskKind
from warmtune.wire import neural_examples as examples
from warmtune.wire.algorithms import SurrogateAlgorithm
from warmtune.wire.base import Name, RequestBody, ResponseBody, WireValue, with_example
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.tasks import TaskBody

Family = Literal["surrogate", "task_model", "acquisition"]
Algorithm = Literal["auto", "conditioned_maml", "learned_acquisition"] | SurrogateAlgorithm


class NeuralTrainRequest(RequestBody):
    """Which surrogate, or acquisition, to meta-train on the kept trials, and how."""

    model_config = with_example(examples.TRAIN)

    name: Name = Field(description="A new name, or that of a model of the same family, search space, kind and metric")
    search_space: Name | SearchSpaceBody
    kind: TaskKind = Field(description="The kind of task; both kinds of classification share a surrogate")
    metric: Name | None = Field(default=None, description="By default accuracy, or r2")
    direction: Direction | None = Field(default=None, description="Needed for metrics that Warmtune doesn't know")
    algorithm: Algorithm = Field(
        default="deep_kernel",
        description="docs/maml.md compares them; `auto` lets a backtest on the kept trials choose a surrogate; "
        "`learned_acquisition` trains a policy that picks configurations instead",
    )
    reads_meta_features: bool = Field(
        default=False,
        description="Whether predictions depend on the task's meta-features too; those of `conditioned_maml` always do",
    )
    n_steps: int = Field(default=1_000, ge=1, description="Meta-steps at most")
    patience: int = Field(default=25, ge=1, le=100_000, description="Looks, one in 20 steps, without a better one")
    seed: int = Field(default=0, ge=0, lt=2**31)


class SurrogateOfBody(ResponseBody):
    """What a surrogate, or an acquisition, was learned for."""

    search_space: str | None = Field(description="The name it was asked under, or null")
    kind: Literal["classification", "regression", "any"]
    metric: str
    direction: Direction


class NeuralModelResponse(ResponseBody):
    """A neural model that is kept."""

    model_config = with_example(examples.MODEL)

    name: str
    family: Family
    version: str = Field(description="Hash of its content")
    shipped: bool = Field(description="Whether it comes with Warmtune")
    surrogate_of: SurrogateOfBody | None = Field(
        default=None, description="Of a surrogate or an acquisition; else null"
    )
    facts: dict[str, JsonValue] = Field(description="What is told of its making")
    n_bytes: int
    created_at: datetime


class NeuralModelPage(ResponseBody):
    """A page of neural models, newest name first."""

    model_config = with_example(examples.MODEL_PAGE)

    items: list[NeuralModelResponse]
    next_cursor: str | None = None


Row = list[WireValue]
Params = dict[str, WireValue]


class SupportBody(RequestBody):
    """What is known: configurations with scores, or rows with targets for a task model."""

    configurations: list[Params] | None = None
    scores: list[FiniteFloat] | None = None
    rows: list[Row] | None = Field(default=None, description="Numbers, texts, and null where a cell is missing")
    targets: list[FiniteFloat | str | bool] | None = Field(
        default=None, description="Texts, booleans or whole numbers are classes unless `kind` says otherwise"
    )


class QueryBody(RequestBody):
    """What is asked: configurations of a surrogate or an acquisition, rows of a task model."""

    configurations: list[Params] | None = None
    rows: list[Row] | None = None


class FineTuningBody(RequestBody):
    """How to adapt a task model; what is left out is as the model recommends."""

    n_steps: Annotated[int, Field(ge=0, le=500)] | None = None
    rate: Annotated[float, Field(ge=0, le=1)] | None = None
    pull: Annotated[float, Field(ge=0, le=10)] | None = None


class AboutTask(RequestBody):
    """The task that is asked about: at most one of both; without any, nothing is known of it."""

    task_id: str | None = Field(default=None, description="A task that is kept")
    task: TaskBody | None = Field(
        default=None, description="Its meta-features; of use to surrogates that were trained with those of past tasks"
    )


class AdaptRequest(AboutTask):
    """A support set, and what to foretell."""

    model_config = with_example(examples.ADAPT)

    support: SupportBody
    query: QueryBody = QueryBody()
    kind: Literal["classification", "regression"] | None = Field(
        default=None, description="Of a task model's targets; by default told from them"
    )
    fine_tuning: FineTuningBody = FineTuningBody()
    return_parameters: bool = Field(
        default=False, description="Answer a task model's adapted parameters too: base64 of a safetensors file"
    )


class NeuralTrialBody(RequestBody):
    """A trial of the study that asks."""

    params: Params
    value: FiniteFloat | None = Field(default=None, description="Null where it failed: then it is not tried again")


class NeuralSuggestionsRequest(AboutTask):
    """A study's trials so far."""

    model_config = with_example(examples.SUGGEST)

    trials: list[NeuralTrialBody] = []
    n: int = Field(default=1, ge=1, le=20)
    seed: int = Field(
        default=0, ge=0, lt=2**31, description="Of a surrogate's random candidates; an acquisition draws none"
    )


class NeuralSuggestion(ResponseBody):
    """A configuration to try, with what the model expects of it."""

    params: Params
    mean: FiniteFloat
    sd: FiniteFloat


class NeuralSuggestionsResponse(ResponseBody):
    """What to try next, in this order: the largest expected improvement first, or as an acquisition's policy picks."""

    model_config = with_example(examples.SUGGESTED)

    model: str
    version: str
    suggestions: list[NeuralSuggestion]


class AdaptResponse(ResponseBody):
    """What the adapted model says."""

    model_config = with_example(examples.ADAPTED)

    model: str
    version: str
    mean: list[FiniteFloat] | None = Field(default=None, description="Of scores, or of a target of numbers")
    sd: list[FiniteFloat] | None = Field(default=None, description="Of scores: a new trial's standard deviation")
    classes: list[FiniteFloat | str | bool] | None = None
    probabilities: list[list[FiniteFloat]] | None = Field(default=None, description="A row for each asked one")
    support_loss: list[FiniteFloat] | None = Field(
        default=None, description="Of a task model, before and after its steps; each row judged without its label"
    )
    parameters: str | None = None
