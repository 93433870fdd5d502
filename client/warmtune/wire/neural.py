"""Neural models on the wire: training them, and those that are stored."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.neural_model import LearnedFor, NeuralModel
from warmtune.vocabulary.task import MAX_NAME_LENGTH, TaskKind
from warmtune.vocabulary.text import ACTING_SIGNS
from warmtune.wire import neural_examples as examples
from warmtune.wire.algorithms import NeuralAlgorithm
from warmtune.wire.base import Flag, Name, RequestBody, ResponseBody, Whole, with_example
from warmtune.wire.pages import PageBody
from warmtune.wire.spaces import SearchSpaceBody

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
