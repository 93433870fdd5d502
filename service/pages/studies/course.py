"""A study's course: how its values spread, where its time went, its learning curves, its front."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from service.pages.figures import Figure, FigureKind
from service.pages.inert import Cell
from service.pages.studies.values import values_of_study
from service.services import Services
from store.pages import PageRequest
from store.studies import StoredStudy, StudyRepository
from store.study_tables import TrialValue, objective_values, trials_numbered, with_curves
from warmtune.vocabulary.objectives import Objective
from warmtune.vocabulary.trial import Trial, TrialState

MAX_OTHERS: Final = 5
"""Other studies of the same task and metric whose values are drawn beside."""
MAX_LINES: Final = 60
"""Learning curves that are drawn: those of the last trials."""
MAX_STEPS: Final = 100
MAX_BARS: Final = 400
_UNITS: Final = (("hours", 3_600), ("minutes", 60), ("seconds", 1))
MAX_POINTS: Final = 1_500
_LISTED: Final = 25
_EVEN: Final = 200


@dataclass(frozen=True, slots=True)
class Spread:
    """The values of one study's complete trials, ascending; at least one."""

    name: str
    values: tuple[float, ...]

    def at(self, share: float) -> float:
        """The value below which that share of the trials is."""
        return self.values[round(share * (len(self.values) - 1))]


@dataclass(frozen=True, slots=True)
class TimeByState:
    """Where the time of trials of one state went; seconds are None if not reported."""

    state: str
    n: int
    total_s: float | None
    median_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """A complete trial of a study with several objectives."""

    number: int
    values: tuple[float, ...]
    is_on_front: bool


@dataclass(frozen=True, slots=True)
class CourseView:
    """A study's course.

    Attributes:
        study: Itself.
        spreads: Of the study, if it has complete trials, then of others of the same task and metric.
        values: All its trials, by number.
        times: By state.
        lines: The last trials with intermediate values.
        front: Complete trials of a study with several objectives, those on the front first; else empty.
        objectives: Of the study.
    """

    study: StoredStudy
    spreads: tuple[Spread, ...]
    values: tuple[TrialValue, ...]
    times: tuple[TimeByState, ...]
    lines: tuple[Trial, ...]
    front: tuple[FrontPoint, ...]
    objectives: tuple[Objective, ...]

    @property
    def best_lines(self) -> tuple[Trial, ...]:
        """Curves for a table: the best last values first."""
        sign = self.study.key.direction.sign
        order = sorted(self.lines, key=lambda one: -sign * one.intermediate_values[max(one.intermediate_values)])
        return tuple(order[:_LISTED])

    @property
    def listed_front(self) -> tuple[FrontPoint, ...]:
        """The front for a table, the best of the first objective first."""
        return tuple(point for point in self.front if point.is_on_front)[:_LISTED]


def view_course(services: Services, study_id: str) -> CourseView:
    """A study's course; past tasks have no part in it.

    Raises:
        NotFoundError: If there is no such study.
    """
    with services.database.reading() as connection:
        repository = StudyRepository(connection)
        study = repository.get(study_id)
        values = values_of_study(services, connection, study)
        lines = trials_numbered(connection, study, with_curves(connection, study, limit=MAX_LINES))
        points = objective_values(connection, study) if study.further else ()
        same = repository.page(PageRequest(limit=100), task_id=study.task_id).items
        others = [one for one in same if one.key == study.key and one.study_id != study_id][:MAX_OTHERS]
        beside = [(one, values_of_study(services, connection, one)) for one in others]
    spreads = [_spread("this study", values), *(_spread(_name(one), found) for one, found in beside)]
    return CourseView(
        study=study,
        spreads=tuple(spread for spread in spreads if spread.values),
        values=values,
        times=_times(values),
        lines=lines,
        front=_front(points, study.objectives),
        objectives=study.objectives,
    )


def edf_figure(view: CourseView) -> Figure:
    """For each study the share of its complete trials up to a value: a step for each of them, if they are few."""
    rows: list[tuple[Cell, ...]] = []
    for spread in view.spreads:
        n = len(spread.values)
        at = range(n) if n <= _EVEN else sorted({round(i * (n - 1) / (_EVEN - 1)) for i in range(_EVEN)})
        rows += [(spread.name, spread.values[i], (i + 1) / n) for i in at]
    options = {"x": view.study.key.metric, "y": "share of trials up to the value"}
    return Figure(FigureKind.EDF, ("study", "value", "share"), tuple(rows), options)


def timeline_figure(view: CourseView) -> Figure:
    """Trials one after another, each as long as it took; many are put together by stretches of their numbers."""
    timed = [trial for trial in view.values if trial.duration_s is not None]
    n_stretches = min(len(timed), MAX_BARS)
    rows: list[tuple[Cell, ...]] = []
    start_s = 0.0
    for stretch in range(n_stretches):
        part = timed[stretch * len(timed) // n_stretches : (stretch + 1) * len(timed) // n_stretches]
        for state in TrialState:
            seconds = [trial.duration_s or 0.0 for trial in part if trial.state is state]
            if seconds:
                rows.append((part[0].number, len(seconds), state.value, start_s, start_s + sum(seconds)))
                start_s += sum(seconds)
    columns = ("trial", "trials", "state", "start_s", "end_s")
    unit, per = next((name, size) for name, size in _UNITS if start_s >= 3 * size or size == 1)
    options = {"x": f"{unit} of trials, one after another", "seconds": per}
    return Figure(FigureKind.TIMELINE, columns, tuple(rows), options)


def steps_figure(view: CourseView) -> Figure:
    """Intermediate values of the last trials, at `MAX_STEPS` steps of each at most."""
    rows: list[tuple[Cell, ...]] = []
    for trial in view.lines:
        steps = sorted(trial.intermediate_values)
        n = len(steps)
        kept = range(n) if n <= MAX_STEPS else sorted({round(i * (n - 1) / (MAX_STEPS - 1)) for i in range(MAX_STEPS)})
        rows += [(trial.number, trial.state.value, steps[i], trial.intermediate_values[steps[i]]) for i in kept]
    options = {"x": "step", "y": view.study.key.metric}
    return Figure(FigureKind.STEPS, ("trial", "state", "step", "value"), tuple(rows), options)


def front_figure(view: CourseView) -> Figure:
    """All objectives of the complete trials: the front, and an even sample of the others."""
    on, off = ([one for one in view.front if one.is_on_front is wanted] for wanted in (True, False))
    n_off = min(len(off), max(MAX_POINTS - len(on), 0))
    shown = [*on[:MAX_POINTS], *(off[i * len(off) // n_off] for i in range(n_off))]
    names = [f"{one.metric}, {one.direction.value}" for one in view.objectives]
    rows = tuple((one.number, "front" if one.is_on_front else "dominated", *one.values) for one in shown)
    return Figure(FigureKind.FRONT, ("trial", "place", *names), rows, {"names": names})


def _spread(name: str, values: Sequence[TrialValue]) -> Spread:
    complete = (trial.value for trial in values if trial.state is TrialState.COMPLETE)
    return Spread(name, tuple(sorted(value for value in complete if value is not None)))


def _name(study: StoredStudy) -> str:
    return f"{study.name or 'study'} ({study.study_id[-8:]})"


def _times(values: Sequence[TrialValue]) -> tuple[TimeByState, ...]:
    found = []
    for state in TrialState:
        those = [trial for trial in values if trial.state is state]
        timed = [trial.duration_s for trial in those if trial.duration_s is not None]
        if those:
            known = (sum(timed), median(timed), max(timed)) if timed else (None, None, None)
            found.append(TimeByState(state.value, len(those), *known))
    return tuple(found)


def _front(points: Sequence[tuple[int, tuple[float, ...]]], objectives: Sequence[Objective]) -> tuple[FrontPoint, ...]:
    import numpy as np  # noqa: PLC0415  # the start needs none

    from metamodel.answers.pareto import is_on_front  # noqa: PLC0415  # as above

    whole = [(number, values) for number, values in points if len(values) == len(objectives)]
    if not whole:
        return ()
    signs = [objective.direction.sign for objective in objectives]
    on_front = is_on_front(np.array([values for _, values in whole], dtype=np.float64) * np.array(signs))
    found = [FrontPoint(n, values, bool(on)) for (n, values), on in zip(whole, on_front, strict=True)]
    return tuple(sorted(found, key=lambda one: (not one.is_on_front, -signs[0] * one.values[0], one.number)))
