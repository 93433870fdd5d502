"""What the service answers about neural models, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration


@dataclass(frozen=True, slots=True)
class LearnedFor:
    """What a surrogate, or an acquisition, was learned for.

    Attributes:
        search_space_name: The name it was asked under, or None.
        kind_group: ``classification``, ``regression`` or ``any``: of the tasks.
        metric: Of the scores.
        direction: Which way of the metric is better.
    """

    search_space_name: str | None
    kind_group: str
    metric: str
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuralModel:
    """A neural model that the service stores.

    Attributes:
        name: Its name in the store.
        family: ``surrogate``, ``acquisition`` or ``task_model``.
        version: Hash of its content.
        shipped: Whether it comes with Warmtune.
        learned_for: Of a surrogate or an acquisition; else None.
        facts: Facts about its training, as JSON values.
        n_bytes: Of its safetensors file.
        created_at: When it was stored, or last replaced.
    """

    name: str
    family: str
    version: str
    shipped: bool
    learned_for: LearnedFor | None
    facts: Mapping[str, object]
    n_bytes: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptedAnswer:
    """What a neural model says once it is adapted.

    Attributes:
        model: Its name.
        version: Hash of its content.
        mean: Of scores, or of a target of numbers, one for each asked; None for classes.
        sd: Of scores: a new trial's standard deviation; None of a task model.
        classes: Of a target of classes, in the order of the probabilities; else None.
        probabilities: A row for each asked one; None without classes.
        support_loss: Of a task model, before and after its steps; each row judged without its label.
        parameters: A task model's adapted parameters, if asked for: a safetensors file.
    """

    model: str
    version: str
    mean: tuple[float, ...] | None
    sd: tuple[float, ...] | None
    classes: tuple[float | int | str | bool, ...] | None
    probabilities: tuple[tuple[float, ...], ...] | None
    support_loss: tuple[float, ...] | None
    parameters: bytes | None


@dataclass(frozen=True, slots=True)
class NeuralSuggestion:
    """A configuration to try, with what the model expects of it.

    Attributes:
        configuration: Of the model's search space.
        mean: The score that is expected of it.
        sd: Standard deviation of that score.
    """

    configuration: Configuration
    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class NeuralSuggestions:
    """What a neural model would try next, in this order.

    Attributes:
        model: Its name.
        version: Hash of its content.
        suggestions: Different ones, none of which was tried.
    """

    model: str
    version: str
    suggestions: tuple[NeuralSuggestion, ...]
