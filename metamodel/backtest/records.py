"""What a backtest replays: tasks with their recorded trials, and how little of them the past is supposed to know."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metamodel.maps.history import TaskHistory
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import BoolArray, FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.trial import Trial, TrialState


@dataclass(frozen=True, slots=True)
class RecordedTask:
    """A task in both of its roles.

    Attributes:
        truth: All that was recorded; when the task is the target, its trials are looked up here. Failed ones are NaN.
        known: What the past knows when another task is the target; by default all of `truth`. It may differ from
            `truth` in everything but the task's id: an adversary's scores, another table's meta-features.
        group: Tasks of the same group are always left out together (near copies of a table); by default the task alone.
    """

    truth: TaskHistory
    known: TaskHistory | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: If nothing was recorded, or `known` belongs to another task.
        """
        if not self.truth.configurations:
            raise InvalidInputError(f"task {self.task_id!r} has no recorded trial", field="truth")
        if self.known is not None and self.known.task.task_id != self.task_id:
            raise InvalidInputError(
                f"what is known of {self.task_id!r} belongs to {self.known.task.task_id!r}", field="known"
            )

    @property
    def task_id(self) -> str:
        """The task's id."""
        return self.truth.task.task_id

    @property
    def past(self) -> TaskHistory:
        """What a model may learn from it."""
        return self.truth if self.known is None else self.known

    @property
    def left_out_with(self) -> str:
        """The group's name, or the task's own."""
        return self.task_id if self.group is None else self.group

    @property
    def spread(self) -> float:
        """Best minus worst recorded score, in the metric's units; 0 where fewer than two trials succeeded."""
        scores = self.truth.scores[~np.isnan(self.truth.scores)]
        return float(scores.max() - scores.min()) if len(scores) else 0.0


@dataclass(frozen=True, slots=True)
class RecordedTasks:
    """Tasks over one search space under one metric.

    Attributes:
        space: The search space; all configurations are valid in it.
        metric: Name of the metric.
        direction: Which way is better.
        tasks: At least two, with distinct ids.
    """

    space: SearchSpace
    metric: str
    direction: Direction
    tasks: tuple[RecordedTask, ...]

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On fewer than two tasks, or two of the same id.
        """
        ids = {task.task_id for task in self.tasks}
        if len(ids) < len(self.tasks):
            raise InvalidInputError("two recorded tasks have the same id", field="tasks")
        if len(ids) < 2:
            raise InvalidInputError(
                f"leaving one task out needs two, got {len(ids)}", field="tasks", value=len(ids), limit="2 or more"
            )


@dataclass(frozen=True, slots=True)
class TargetTable:
    """The recorded trials of one target, looked up instead of evaluated.

    Attributes:
        history: The recorded trials, ``C`` of them.
        features: Shape ``(C, D)``: `UnitCube.features` of the configurations.
        regret: Shape ``(C,)``: `normalised_regret` of the scores.
        cube: Of the search space.
    """

    history: TaskHistory
    features: FloatArray
    regret: FloatArray
    cube: UnitCube

    @classmethod
    def of(cls, recording: RecordedTasks, task: RecordedTask) -> "TargetTable":
        """The table of one task of a recording."""
        cube = UnitCube(recording.space)
        return cls(
            history=task.truth,
            features=cube.features(*cube.encode(task.truth.configurations)),
            regret=normalised_regret(task.truth.scores, recording.direction),
            cube=cube,
        )

    @property
    def n_configurations(self) -> int:
        """How many configurations were recorded."""
        return len(self.regret)

    def nearest(self, configuration: Configuration, *, among: BoolArray | None = None) -> int:
        """The recorded configuration nearest by features; a recorded one is its own nearest, ties go low.

        Args:
            configuration: Valid in the search space.
            among: Shape ``(C,)``: only these, of which there is at least one.
        """
        point = self.cube.features(*self.cube.encode([configuration]))
        far = ((self.features - point) ** 2).sum(axis=1)
        if among is not None:
            far[~among] = np.inf
        return int(far.argmin())

    def snap(self, configurations: Sequence[Configuration]) -> list[int]:
        """Rows for an ordered batch, each the nearest that none before it took; as many as there are rows, at most."""
        is_open = np.ones(self.n_configurations, dtype=bool)
        rows: list[int] = []
        for configuration in configurations[: self.n_configurations]:
            rows.append(self.nearest(configuration, among=is_open))
            is_open[rows[-1]] = False
        return rows

    def trial(self, row: int, number: int) -> Trial:
        """The recorded outcome as a finished trial, in the metric's own units."""
        score, duration = float(self.history.scores[row]), float(self.history.durations_s[row])
        failed = np.isnan(score)
        return Trial(
            number=number,
            configuration=self.history.configurations[row],
            value=None if failed else score,
            state=TrialState.FAIL if failed else TrialState.COMPLETE,
            duration_s=duration if duration >= 0.0 else None,
        )


def normalised_regret(scores: FloatArray, direction: Direction) -> FloatArray:
    """0 for the best recorded score, 1 for the worst.

    Args:
        scores: Shape ``(C,)``; NaN, a failed trial, counts as the worst.
        direction: Which way is better.

    Returns:
        Shape ``(C,)``, in ``[0, 1]``; all 0 where the finite scores are equal, or there are none.
    """
    signed = direction.sign * scores
    if np.isnan(signed).all():
        return np.zeros(len(scores))
    best, worst = np.nanmax(signed), np.nanmin(signed)
    width = best - worst
    if width <= 0.0:
        return np.where(np.isnan(signed), 1.0, 0.0)
    regret: FloatArray = np.where(np.isnan(signed), 1.0, (best - signed) / width)
    return regret
