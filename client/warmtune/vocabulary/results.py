"""What the service answers, as values: nothing here knows HTTP or JSON."""

from dataclasses import dataclass

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.task import Task
from warmtune.vocabulary.understanding import Understanding


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationAnswer(Recommendation):
    """A recommendation as the service gave it; `str()` makes a table of at most 80 columns.

    Attributes:
        recommendation_id: The answer's own name, for logs and questions.
        task_id: The task that was stored or asked for; None when nothing was to be stored.
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
        from warmtune.vocabulary.rendering import folded, recommendation_text  # noqa: PLC0415  # rich, when shown

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
        study_id: The study that the service stores; `Client.report` sends trials to it.
        n_enqueued: Configurations that this call enqueued; the others were in the study already.
    """

    study_id: str
    n_enqueued: int

    def __str__(self) -> str:
        return RecommendationAnswer.__str__(self)


@dataclass(frozen=True, slots=True)
class TaskDetails(Task):
    """A task that the service stores.

    Attributes:
        understanding: How the table was understood, in the answer to one that was sent.
    """

    understanding: Understanding | None = None
