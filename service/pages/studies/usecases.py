"""What the pages of studies show."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.pages.figures import Figure
from service.pages.studies.progress import (
    MAX_EXPECTED,
    Improvement,
    Scale,
    improvements,
    milestones,
    progress_figure,
)
from service.pages.studies.values import values_of_study
from service.services import Services
from store.search_spaces import SearchSpaceRepository
from store.studies import StoredStudy, StudyRepository
from store.study_tables import (
    StudyFilter,
    StudyOrder,
    TrialFilter,
    TrialOrder,
    Window,
    count_feasible,
    study_table,
    trial_table,
    trials_numbered,
)
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import Trial, TrialState

if TYPE_CHECKING:
    from metamodel.engine import SpaceModel

PAGE = 50
TRIALS_PAGE = 20


@dataclass(frozen=True, slots=True)
class StudyList:
    """A window of the table of studies."""

    studies: tuple[StoredStudy, ...]
    is_more: bool
    space_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StudyView:
    """A study.

    Attributes:
        study: Itself.
        space: Its search space.
        counts: How many trials are in which state.
        feasible: How many complete trials break no constraint, and how many trials break one; empty if none does.
        total_duration_s: Seconds of all trials together; None if not reported.
        n_timed: Trials whose seconds are known.
        milestones: The best value after so many complete trials.
        last_improvement: The trial that was best; None without any.
        best: The same trial with its configuration.
        trials: A window of the table of trials.
        is_more: Whether there are more behind it.
    """

    study: StoredStudy
    space: SearchSpace
    counts: tuple[tuple[str, int], ...]
    feasible: tuple[tuple[str, int], ...]
    total_duration_s: float | None
    n_timed: int
    milestones: tuple[tuple[int, float], ...]
    last_improvement: Improvement | None
    best: Trial | None
    trials: tuple[Trial, ...]
    is_more: bool


def list_studies(services: Services, which: StudyFilter, *, order: StudyOrder, offset: int) -> StudyList:
    """Studies, sorted and filtered."""
    with services.database.reading() as connection:
        found, is_more = study_table(connection, which, order=order, window=Window(offset, PAGE))
        names = StudyRepository(connection).space_names()
    return StudyList(found, is_more, names)


def view_study(
    services: Services, study_id: str, *, order: TrialOrder, offset: int, which: TrialFilter = TrialFilter.ALL
) -> StudyView:
    """A study with a window of its trials.

    Raises:
        NotFoundError: If there is none.
    """
    with services.database.reading() as connection:
        study = StudyRepository(connection).get(study_id)
        space = SearchSpaceRepository(connection).get(study.space_id)
        values = values_of_study(services, connection, study)
        window = Window(offset, TRIALS_PAGE)
        shown, is_more = trial_table(connection, study, order=order, window=window, which=which)
        n_feasible, n_infeasible = count_feasible(connection, study)
        steps = improvements(values, study.key.direction)
        best = trials_numbered(connection, study, [steps[-1].number]) if steps else ()
    n_complete = sum(value.state is TrialState.COMPLETE for value in values)
    durations = [value.duration_s for value in values if value.duration_s is not None]
    counts = [(state.value, sum(value.state is state for value in values)) for state in TrialState]
    feasible = [("feasible", n_feasible), ("infeasible", n_infeasible)] if n_infeasible else []
    return StudyView(
        study=study,
        space=space,
        counts=tuple((state, n) for state, n in counts if n),
        feasible=tuple(feasible),
        total_duration_s=sum(durations) if durations else None,
        n_timed=len(durations),
        milestones=milestones(steps, n_complete),
        last_improvement=steps[-1] if steps else None,
        best=best[0] if best else None,
        trials=shown,
        is_more=is_more,
    )


def study_progress(services: Services, study_id: str) -> Figure:
    """The curve of a study against cold starts.

    Raises:
        NotFoundError: If there is none.
    """
    from metamodel.importance.expectations import cold_expectations  # noqa: PLC0415  # numpy, when first needed

    with services.database.reading() as connection:
        study = StudyRepository(connection).get(study_id)
        space = SearchSpaceRepository(connection).get(study.space_id)
        values = values_of_study(services, connection, study)
    learned = services.background_models.find(study.key, space)
    if learned is None:  # what is known without past tasks
        return progress_figure(values, study.key.direction, metric=study.key.metric, is_learning=True)
    model = learned.model
    n = min(max(study.n_trials, 10), MAX_EXPECTED)
    own = frozenset({study.task_id})
    expected = services.page_cache.get(
        (cold_expectations, (model.version, n, own)), lambda: cold_expectations(model, n_trials=n, exclude=own)
    )
    scale = _scale(model, study.task_id)
    return progress_figure(values, study.key.direction, metric=study.key.metric, expectations=expected, scale=scale)


def _scale(model: "SpaceModel", task_id: str) -> Scale | None:
    """The task's own units, as the model knows them from all its trials; None where it knows none."""
    row = next((i for i, history in enumerate(model.histories) if history.task.task_id == task_id), None)
    if row is None or model.maps is None or model.maps.width[row] <= 0.0:
        return None
    sign = model.direction.sign
    return Scale(best=sign * float(model.maps.best[row]), width=sign * float(model.maps.width[row]))
