"""A study's parameters: importance, ranges of good values, and interactions."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optuna.distributions import CategoricalDistribution

from service.explanations.past_parameters import past_parameters
from service.pages.figures import Figure, FigureKind
from service.pages.inert import Cell
from service.pages.studies.progress import even_sample
from service.pages.studies.values import state_of, values_of_study
from service.services import Services
from store.connections.database import Connection
from store.search_spaces import SearchSpaceRepository
from store.studies import StoredStudy, StudyRepository
from store.study_tables import TrialValue, trials_numbered
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.trial import Trial, TrialState

if TYPE_CHECKING:
    from metamodel.importance.ranges import Narrowing
    from warmtune.vocabulary.model_version import RegretEstimate

MAX_TRIALS: Final = 1_200
"""Trials whose configurations are read: of more the best quarter and an even sample."""
MAX_SHOWN: Final = 12
_TAKEN: Final = frozenset({"trial", "value", "rank"})
"""Columns of figures that aren't parameters."""


@dataclass(frozen=True, slots=True)
class TrialSample:
    """A study's complete trials, or of many some.

    Attributes:
        study: Itself.
        space: Its search space.
        trials: With whole configurations, by number.
        even: Numbers of those that were sampled without regard to their value; what is estimated rests on them alone.
        n_complete: Complete trials of the study.
        state: Of the study, when they were read; see `service.pages.studies.values.state_of`.
    """

    study: StoredStudy
    space: SearchSpace
    trials: tuple[Trial, ...]
    even: frozenset[int]
    n_complete: int
    state: Hashable


@dataclass(frozen=True, slots=True)
class ParametersView:
    """What is known of a study's parameters.

    Attributes:
        study: Itself.
        space: Its search space.
        names: Parameters in the order to show: what matters most comes first.
        in_study: Share of the variance in this study; None with too few trials.
        in_past: The same over past tasks, with intervals; empty where none is known.
        n_past: Past tasks.
        narrowing: Suggested ranges, or None.
        trials: Complete trials to draw: of many the best and an even sample.
        n_estimated_from: Of them, those of the even sample, which the importance was estimated from.
        n_complete: All that there are.
        is_learning: Whether what past tasks say is being learned, and is left out for now.
    """

    study: StoredStudy
    space: SearchSpace
    names: tuple[str, ...]
    in_study: Mapping[str, float] | None
    in_past: "Mapping[str, RegretEstimate]"
    n_past: int
    narrowing: "Narrowing | None"
    trials: tuple[Trial, ...]
    n_estimated_from: int
    n_complete: int
    is_learning: bool

    @property
    def is_sample(self) -> bool:
        """Whether there are more than were looked at."""
        return self.n_complete > MAX_TRIALS


def view_parameters(services: Services, study_id: str) -> ParametersView:
    """Importance and ranges.

    Raises:
        NotFoundError: If there is no such study.
    """
    import numpy as np  # noqa: PLC0415  # the start needs none

    from metamodel.importance.effects import effects_in_study  # noqa: PLC0415  # scipy, when needed

    sample = sampled(services, study_id)
    study, space = sample.study, sample.space
    trials = [trial for trial in sample.trials if trial.number in sample.even]
    learned = services.background_models.find(study.key, space)
    model = None if learned is None else learned.model
    scores = np.array([trial.value for trial in trials], dtype=np.float64)
    configurations = [trial.configuration for trial in trials]
    in_study = services.page_cache.get(
        (effects_in_study, sample.state), lambda: effects_in_study(space, configurations, scores, study.key.direction)
    )
    past = past_parameters(services, space, model)
    order = list(in_study or past.shares or space.parameters)
    names = tuple(name for name in order if name in space.parameters)
    n_past = 0 if model is None else len(model.histories)
    return ParametersView(
        study=study,
        space=space,
        names=names,
        in_study=in_study,
        in_past=past.shares,
        n_past=n_past,
        narrowing=past.narrowing,
        trials=sample.trials,
        n_estimated_from=len(trials),
        n_complete=sample.n_complete,
        is_learning=model is None,
    )


def configurations_figure(services: Services, study_id: str, kind: FigureKind) -> Figure:
    """The sampled trials with their configurations, to be drawn in parallel, sliced or as contours."""
    view = view_parameters(services, study_id)
    space, trials = view.space, view.trials
    names = view.names[:MAX_SHOWN]
    rows = tuple(
        (trial.number, trial.value, *(cell_of(space, name, trial.configuration) for name in names)) for trial in trials
    )
    axes = [axis_of(name, view.space) for name in names]
    options = {
        "metric": view.study.key.metric,
        "maximize": view.study.key.direction is Direction.MAXIMIZE,
        "axes": axes,
        "n_trials": view.study.n_trials,
    }
    return Figure(kind, ("trial", "value", *map(column_of, names)), rows, options)


def importance_figure(view: ParametersView) -> Figure:
    """Bars of importance, this study's beside those of all past tasks."""
    rows: list[tuple[Cell, ...]] = []
    for name in view.names:
        if view.in_study is not None:
            rows.append((name, "this study", view.in_study.get(name, 0.0), None, None))
        if name in view.in_past:
            past = view.in_past[name]
            rows.append((name, f"{view.n_past} past tasks", past.mean, past.low, past.high))
    columns = ("parameter", "over", "share", "low", "high")
    options = {"x": "share of variance explained alone", "learning": view.is_learning}
    return Figure(FigureKind.BARS, columns, tuple(rows), options)


def sampled(services: Services, study_id: str) -> TrialSample:
    """A study's complete trials with whole configurations: of many, the best and an even sample, by number."""
    with services.database.reading() as connection:
        study = StudyRepository(connection).get(study_id)
        space = SearchSpaceRepository(connection).get(study.space_id)
        state = state_of(connection, study)
        trials, even, n_complete = services.page_cache.get(
            (_whole_trials, state), lambda: _whole_trials(services, connection, study, space)
        )
    return TrialSample(study, space, trials, even, n_complete, state)


def _whole_trials(
    services: Services, connection: Connection, study: StoredStudy, space: SearchSpace
) -> tuple[tuple[Trial, ...], frozenset[int], int]:
    """The trials to look at, the numbers of the even sample, and how many are complete."""
    from learning.histories import is_whole  # noqa: PLC0415  # numpy, when first needed

    complete = [
        value
        for value in values_of_study(services, connection, study)
        if value.state is TrialState.COMPLETE and value.value is not None
    ]
    best, even = chosen_numbers(complete, study.key.direction)
    found = trials_numbered(connection, study, sorted(best | even))
    return tuple(trial for trial in found if is_whole(space, dict(trial.configuration))), even, len(complete)


def chosen_numbers(
    values: Sequence[TrialValue], direction: Direction, *, most: int = MAX_TRIALS
) -> tuple[frozenset[int], frozenset[int]]:
    """Numbers of complete trials to look at: `most` at most.

    Returns:
        The best, and an even sample of all, or all if they are few; some may be in both.
    """
    complete = [value for value in values if value.state is TrialState.COMPLETE and value.value is not None]
    best = sorted(complete, key=lambda one: -direction.sign * (one.value or 0.0))[: most // 4]
    even = complete if len(complete) <= most else even_sample(complete, most=most - most // 4)
    return frozenset(one.number for one in best), frozenset(one.number for one in even)


def column_of(name: str) -> str:
    """What a parameter is called in a figure: its name, unless another column has it."""
    return f"{name} (parameter)" if name in _TAKEN else name


def axis_of(name: str, space: SearchSpace) -> dict[str, object]:
    """A parameter as an axis: its choices, or its bounds and scale."""
    distribution = space.parameters[name]
    if isinstance(distribution, CategoricalDistribution):
        return {"name": column_of(name), "choices": [str(choice) for choice in distribution.choices]}
    body = distribution._asdict()
    return {"name": column_of(name), "low": body["low"], "high": body["high"], "log": body["log"]}


def cell_of(space: SearchSpace, name: str, configuration: Configuration) -> Cell:
    """A parameter's value as a figure holds it: a category as text, None where the parameter is inactive."""
    if name not in configuration:
        return None
    value = configuration[name]
    is_number = isinstance(value, int | float) and not isinstance(space.parameters[name], CategoricalDistribution)
    return value if is_number else str(value)
