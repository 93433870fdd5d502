"""What a sampler asks the service about, and what the service's answers resolve it to."""

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial

from warmtune.optuna.memory import StudySubject
from warmtune.optuna.moments import age_s
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.wire.bodies import SearchSpaceLike
from warmtune.wire.spaces import SearchSpaceBody


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceRequest:
    """What a sampler asks about; `WarmtuneSampler` says what each means.

    Attributes:
        keeps_task: Whether the service is to store the task, so that trials can be reported.
        time_budget_s: Seconds that the study may take, from the beginning of its first trial.
    """

    task: str | TaskDescription | TableUpload
    search_space: SearchSpaceLike | None
    metric: str | tuple[str, ...] | None
    n_startup: int
    exclude_task_ids: tuple[str, ...]
    keeps_task: bool
    time_budget_s: float | None = None

    def left_s(self, trials: Sequence[FrozenTrial]) -> float | None:
        """Seconds of the budget that are left, from when the first trial began; None without a budget, or too late."""
        if self.time_budget_s is None:
            return None
        spent_s = max((age for t in trials if (age := age_s(t)) is not None), default=0.0)
        return self.time_budget_s - spent_s if spent_s < self.time_budget_s else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A question with what only the service knows.

    Attributes:
        task: As requests name it.
        task_id: What its content gives, stored or not.
        metrics: What the objective returns, one of each objective.
        directions: Which way of each is better.
        space: The given search space, or None where it is what the trials have in common.
        space_name: Its registered name, or None.
    """

    task: str | TaskDescription
    task_id: str
    metrics: tuple[str, ...]
    directions: tuple[Direction, ...]
    space: SearchSpace | None
    space_name: str | None

    @property
    def key(self) -> str:
        """Equal for workers whose recommended batch is the same."""
        space = "inferred" if self.space is None else self.space.content_key
        return f"{self.task_id} {' '.join(self.metrics)} {' '.join(self.directions)} {space}"

    @property
    def asked_metric(self) -> str | tuple[str, ...]:
        """How a request says the metrics."""
        return self.metrics if len(self.metrics) > 1 else self.metrics[0]

    @property
    def asked_direction(self) -> Direction | tuple[Direction, ...]:
        """How a request says the directions."""
        return self.directions if len(self.directions) > 1 else self.directions[0]

    def asked(self, space: SearchSpace) -> str | SearchSpace:
        """How a request says `space`: by its name where it has one."""
        return self.space_name if self.space_name is not None and space is self.space else space

    def subject(self, space: SearchSpace) -> StudySubject:
        """What a study over `space` is about, for reports."""
        asked = self.asked(space)
        return StudySubject(
            task_id=self.task_id,
            metric=self.metrics[0],
            direction=self.directions[0],
            further_metrics=self.metrics[1:],
            further_directions=self.directions[1:],
            search_space=SearchSpaceBody.from_domain(space),
            search_space_name=asked if isinstance(asked, str) else None,
        )
