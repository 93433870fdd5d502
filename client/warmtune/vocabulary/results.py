"""What the service answers, as values: nothing here knows HTTP or JSON."""

from dataclasses import dataclass

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationAnswer(Recommendation):
    """A recommendation as the service gave it; `str()` makes a table of at most 80 columns.

    Attributes:
        recommendation_id: The answer's own name, for logs and questions.
        task_id: The task that was kept or asked for; None when nothing was to be kept.
        metric: What the configurations are ranked by.
        direction: Which way of the metric is better.
        explanation: What usually wins on such tasks and why, in a sentence; None unless it was asked for.
    """

    recommendation_id: str
    task_id: str | None
    metric: str
    direction: Direction
    explanation: str | None = None

    def __str__(self) -> str:
        from warmtune.vocabulary.rendering import folded, recommendation_text  # noqa: PLC0415  # rich, when shown

        text = recommendation_text(self)
        return text if self.explanation is None else f"{text}\n\n{folded(self.explanation)}"


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
        from warmtune.vocabulary.rendering import recommendation_text  # noqa: PLC0415  # rich, when shown

        return recommendation_text(self)
