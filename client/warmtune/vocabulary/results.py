"""What the service answers, as values: nothing here knows HTTP or JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.rendering import folded, recommendation_text
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import Task, TaskKind
from warmtune.vocabulary.understanding import Understanding

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationAnswer(Recommendation):
    """A recommendation as the service gave it; `str()` makes a table of at most 80 columns.

    Attributes:
        recommendation_id: The answer's own name, for logs and questions.
        task_id: The task that was kept or asked for; None when nothing was to be kept.
        metric: What the configurations are ranked by.
        direction: Which way of the metric is better.
        explanation: What usually wins on such tasks and why, in a sentence; None unless it was asked for.
        understanding: How the table was understood, where one was described for this answer.
    """

    recommendation_id: str
    task_id: str | None
    metric: str
    direction: Direction
    explanation: str | None = None
    understanding: Understanding | None = None

    def __str__(self) -> str:
        parts = [
            None if self.understanding is None else str(self.understanding),
            recommendation_text(self),
            None if self.explanation is None else folded(self.explanation),
        ]
        return "\n\n".join(part for part in parts if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmStart(RecommendationAnswer):
    """A recommendation that an Optuna study now holds as its first trials.

    Attributes:
        study_id: The study that the service keeps; `Client.report` sends trials to it.
        n_enqueued: Configurations that this call enqueued; the others were in the study already.
    """

    study_id: str
    n_enqueued: int

    def __str__(self) -> str:
        return RecommendationAnswer.__str__(self)


@dataclass(frozen=True, slots=True)
class KeptTask(Task):
    """A task that the service keeps.

    Attributes:
        understanding: How the table was understood, in the answer to one that was sent.
    """

    understanding: Understanding | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT]):
    """Part of a list.

    Attributes:
        items: In the service's order.
        next_cursor: Hand it back for the next page; None on the last.
    """

    items: tuple[ItemT, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """A kept task in a list."""

    task_id: str
    name: str
    kind: TaskKind
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NamedSearchSpace:
    """A search space that the service keeps under a name.

    Attributes:
        name: As given on registration.
        search_space: The space itself.
        content_key: Equal for equal spaces.
        kinds: What kinds of task it is made for.
        shipped: Whether it belongs to the shipped catalogue.
        n_studies: Past studies over it.
    """

    name: str
    search_space: SearchSpace
    content_key: str
    kinds: tuple[str, ...]
    shipped: bool
    n_studies: int


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A kept study.

    Attributes:
        search_space_name: The registered name, or None where the space came along.
        search_space_key: The space's `content_key`.
        best_value: Best value so far by the study's direction, or None.
    """

    study_id: str
    task_id: str
    search_space_name: str | None
    search_space_key: str
    metric: str
    direction: Direction
    name: str | None
    n_trials: int
    best_value: float | None
    created_at: datetime
    metadata: Mapping[str, ParameterValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrialsReceipt:
    """What the service made of a batch; what it counts here survives its crash.

    Attributes:
        accepted: New trials, or known ones that reached a further state.
        unchanged: Trials that were already kept just so.
        n_trials: Trials of the study now.
    """

    study_id: str
    accepted: int
    unchanged: int
    n_trials: int
