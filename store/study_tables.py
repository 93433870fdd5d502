"""Studies and trials as tables to look at: sorted, filtered, and thinned where there are many."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, false, func, or_, select

from store.connections.scope import visible
from store.names import is_possible
from store.studies import StoredStudy, StudyRepository
from store.sums import bounded_sum
from store.tables import studies, tasks, trials
from store.trials import read_trial
from warmtune.vocabulary.errors import LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import Trial, TrialState

MAX_ROW: Final = 100_000
"""The farthest row of a sorted table that is looked up: whoever wants more sorts or filters otherwise."""
_CHUNK: Final = 1_000
_IS_BROKEN: Final = func.coalesce(trials.c.violation, 0.0) > 0.0


class StudyOrder(StrEnum):
    """What a table of studies is sorted by."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TRIALS = "trials"
    NAME = "name"
    TASK = "task"
    SPACE = "space"
    METRIC = "metric"


class TrialOrder(StrEnum):
    """What a table of trials is sorted by."""

    NUMBER = "number"
    LAST = "last"
    BEST = "best"
    LONGEST = "longest"


class TrialFilter(StrEnum):
    """Which trials a table has: all, those in a state, those that break a constraint, complete ones that break none."""

    ALL = ""
    COMPLETE = TrialState.COMPLETE.value
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    PRUNED = TrialState.PRUNED.value
    FAIL = TrialState.FAIL.value
    RUNNING = TrialState.RUNNING.value
    WAITING = TrialState.WAITING.value


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of a sorted table.

    Attributes:
        offset: The first, from 0.
        limit: How many.
    """

    offset: int
    limit: int

    def __post_init__(self) -> None:
        """Check.

        Raises:
            LimitExceededError: If it reaches too far.
        """
        if self.offset + self.limit > MAX_ROW:
            raise LimitExceededError(
                "sort or filter the table differently", field="offset", value=self.offset, limit=MAX_ROW
            )


@dataclass(frozen=True, slots=True)
class StudyFilter:
    """Which studies are listed; None asks for nothing.

    Attributes:
        words: Somewhere in the name of the study or of its task, in any case.
        search_space: Over the search space of this name.
        own_only: Without those that came with the knowledge base.
    """

    words: str | None = None
    search_space: str | None = None
    own_only: bool = False


@dataclass(frozen=True, slots=True)
class TrialValue:
    """A trial without its configuration: of tens of thousands, this is read in a moment.

    An infeasible one has no value here, since it is no best.
    """

    number: int
    state: TrialState
    value: float | None
    duration_s: float | None


def study_table(
    connection: Connection, which: StudyFilter, *, order: StudyOrder, window: Window
) -> tuple[tuple[StoredStudy, ...], bool]:
    """Studies of a window, and whether there are more behind it."""
    by = {
        StudyOrder.NEWEST: studies.c.seq.desc(),
        StudyOrder.OLDEST: studies.c.seq,
        StudyOrder.TRIALS: studies.c.n_trials.desc(),
        StudyOrder.NAME: studies.c.name.nulls_last(),
        StudyOrder.TASK: tasks.c.name,
        StudyOrder.SPACE: studies.c.search_space_name.nulls_last(),
        StudyOrder.METRIC: studies.c.metric,
    }[order]
    of_task = (tasks.c.seq == studies.c.task_seq) & visible(connection, tasks)
    query = select(studies.c.study_id).join_from(studies, tasks, of_task).where(visible(connection, studies))
    for condition in _conditions(which):
        query = query.where(condition)
    query = query.order_by(by, studies.c.seq.desc()).offset(window.offset).limit(window.limit + 1)
    ids = list(connection.execute(query).scalars())
    repository = StudyRepository(connection)
    return tuple(repository.get(study_id) for study_id in ids[: window.limit]), len(ids) > window.limit


def trial_table(
    connection: Connection,
    study: StoredStudy,
    *,
    order: TrialOrder,
    window: Window,
    which: TrialFilter = TrialFilter.ALL,
) -> tuple[tuple[Trial, ...], bool]:
    """Trials of a window, and whether there are more behind it.

    By value, those without one come last.
    """
    sign = -1 if study.key.direction is Direction.MAXIMIZE else 1
    by: tuple[ColumnElement[Any], ...] = {
        TrialOrder.NUMBER: (trials.c.number,),
        TrialOrder.LAST: (trials.c.number.desc(),),
        TrialOrder.BEST: (
            trials.c.state != TrialState.COMPLETE.value,
            _IS_BROKEN,
            trials.c.value.is_(None),
            sign * trials.c.value,
        ),
        TrialOrder.LONGEST: (trials.c.duration_s.is_(None), -1 * trials.c.duration_s),
    }[order]
    query = select(trials.c.number).where(trials.c.study_seq == study.seq, *_conditions_of_trials(which))
    query = query.order_by(*by, trials.c.number).offset(window.offset).limit(window.limit + 1)
    numbers = list(connection.execute(query).scalars())
    found = trials_numbered(connection, study, numbers[: window.limit])
    return tuple(found), len(numbers) > window.limit


def trials_after(connection: Connection, study: StoredStudy, number: int, *, limit: int) -> tuple[Trial, ...]:
    """The study's next trials behind a number, by number: a long study is read through in parts."""
    query = select(trials).where(trials.c.study_seq == study.seq, trials.c.number > number)
    found = connection.execute(query.order_by(trials.c.number).limit(limit)).mappings()
    return tuple(read_trial(row) for row in found)


def numbers_beside(connection: Connection, study: StoredStudy, number: int) -> tuple[int | None, int | None]:
    """The numbers of the trials before and after one; None where there is none."""
    of_study = trials.c.study_seq == study.seq
    before = select(func.max(trials.c.number)).where(of_study, trials.c.number < number)
    after = select(func.min(trials.c.number)).where(of_study, trials.c.number > number)
    return connection.execute(before).scalar(), connection.execute(after).scalar()


def trial_values(connection: Connection, study: StoredStudy) -> tuple[TrialValue, ...]:
    """All trials of a study without their configurations, by number."""
    value = case((_IS_BROKEN, None), else_=trials.c.value)
    columns = (trials.c.number, trials.c.state, value, trials.c.duration_s)
    query = select(*columns).where(trials.c.study_seq == study.seq).order_by(trials.c.number)
    states = {state.value: state for state in TrialState}
    return tuple(TrialValue(row[0], states[row[1]], row[2], row[3]) for row in connection.execute(query))


def count_feasible(connection: Connection, study: StoredStudy) -> tuple[int, int]:
    """How many complete trials break no constraint, and how many trials of any state break one."""
    is_complete = trials.c.state == TrialState.COMPLETE.value
    counted = [func.coalesce(func.sum(case((one, 1), else_=0)), 0) for one in (is_complete & ~_IS_BROKEN, _IS_BROKEN)]
    n_feasible, n_infeasible = connection.execute(select(*counted).where(trials.c.study_seq == study.seq)).one()
    return n_feasible, n_infeasible


def unfinished_totals(connection: Connection, study: StoredStudy) -> tuple[tuple[str, int, float, float], ...]:
    """How many trials wait and run, with the sums of their seconds and values: it changes when one of them does."""
    sums = [bounded_sum(column) for column in (trials.c.duration_s, trials.c.value)]
    states = [state.value for state in TrialState if not state.is_finished]
    query = select(trials.c.state, func.count(), *sums).where(
        trials.c.study_seq == study.seq, trials.c.state.in_(states)
    )
    found = connection.execute(query.group_by(trials.c.state).order_by(trials.c.state))
    return tuple((row[0], row[1], row[2], row[3]) for row in found)


def with_curves(connection: Connection, study: StoredStudy, *, limit: int) -> tuple[int, ...]:
    """Numbers of the study's last trials that have intermediate values, `limit` at most, in order."""
    query = (
        select(trials.c.number)
        .where(trials.c.study_seq == study.seq, trials.c.intermediate_values.is_not(None))
        .order_by(trials.c.number.desc())
        .limit(limit)
    )
    return tuple(sorted(connection.execute(query).scalars()))


def objective_values(connection: Connection, study: StoredStudy) -> tuple[tuple[int, tuple[float, ...]], ...]:
    """Number and values of the complete feasible trials of a study with several objectives, by number."""
    query = (
        select(trials.c.number, trials.c.objective_values)
        .where(
            trials.c.study_seq == study.seq,
            trials.c.state == TrialState.COMPLETE.value,
            trials.c.objective_values.is_not(None),
            ~_IS_BROKEN,
        )
        .order_by(trials.c.number)
    )
    return tuple((row.number, tuple(row.objective_values)) for row in connection.execute(query))


def trials_numbered(connection: Connection, study: StoredStudy, numbers: Sequence[int]) -> tuple[Trial, ...]:
    """The study's trials of these numbers, in the given order; numbers that there aren't are left out."""
    found: dict[int, Trial] = {}
    for start in range(0, len(numbers), _CHUNK):
        query = select(trials).where(
            trials.c.study_seq == study.seq, trials.c.number.in_(numbers[start : start + _CHUNK])
        )
        found |= {row["number"]: read_trial(row) for row in connection.execute(query).mappings()}
    return tuple(found[number] for number in numbers if number in found)


def _conditions_of_trials(which: TrialFilter) -> tuple[ColumnElement[bool], ...]:
    if which is TrialFilter.ALL:
        return ()
    if which is TrialFilter.INFEASIBLE:
        return (_IS_BROKEN,)
    if which is TrialFilter.FEASIBLE:
        return trials.c.state == TrialState.COMPLETE.value, ~_IS_BROKEN
    return (trials.c.state == which.value,)


def _conditions(which: StudyFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if not all(is_possible(text) for text in (which.words, which.search_space) if text):
        return [false()]
    if which.words:
        named = (column.icontains(which.words, autoescape=True) for column in (studies.c.name, tasks.c.name))
        conditions.append(or_(*named, studies.c.study_id == which.words))
    if which.search_space:
        conditions.append(studies.c.search_space_name == which.search_space)
    if which.own_only:
        conditions.append(~studies.c.shipped)
    return conditions
