"""Studies as they are stored, and what became of reported trials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.objectives import Objective


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A stored study.

    Attributes:
        search_space_name: The registered name, or None where the space came along.
        search_space_key: The space's `content_key`.
        metric: Of the first objective.
        direction: Of the first objective.
        best_value: Best feasible value so far of the first objective, or None.
        objectives: All of them, the first included; a study with a single one has one.
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
    objectives: tuple[Objective, ...] = ()

    def __post_init__(self) -> None:
        """A study that names no other objectives has the one of its metric."""
        if not self.objectives:
            object.__setattr__(self, "objectives", (Objective(self.metric, self.direction),))


@dataclass(frozen=True, slots=True)
class QuarantinedTrial:
    """A trial that is stored, but that nothing is learned from.

    Attributes:
        number: The trial's number.
        reason: Why its value can't be right.
    """

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class TrialsReceipt:
    """What the service made of a batch; what it counts here survives its crash.

    Attributes:
        accepted: New trials, or known ones that reached a further state.
        unchanged: Trials that were already stored just so.
        n_trials: Trials of the study now.
        quarantined: Those of the batch whose value the metric can't have.
    """

    study_id: str
    accepted: int
    unchanged: int
    n_trials: int
    quarantined: tuple[QuarantinedTrial, ...] = ()
