"""What the pages about origins show."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.explanations.usecases import sentence_for
from service.pages.figures import Figure, FigureKind
from service.search_spaces.objective_keys import key_of
from service.services import Services
from store.model_keys import ModelKey
from store.search_spaces import SearchSpaceRepository
from store.studies import StoredStudy, StudyRepository
from store.study_tables import numbers_beside, trials_numbered
from store.task_tables import tasks_named
from store.tasks import TaskRepository
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import RankedConfiguration, Recommendation
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import Task, TaskSummary
from warmtune.vocabulary.trial import Trial, TrialState

if TYPE_CHECKING:
    from metamodel.answers.origins import TaskScore
    from metamodel.answers.weights import TaskWeights
    from metamodel.engine import SpaceModel

MAX_CONFIGURATIONS: Final = 20
MAX_FOUND: Final = 50
_MAX_BARS: Final = 15


@dataclass(frozen=True, slots=True)
class OriginsRequest:
    """What a recommendation is asked for: a stored task, a registered space, a metric (None: the kind's default).

    Attributes:
        task_id: The task.
        space: The search space's name.
        metric: The metric.
        direction: Of a metric that Warmtune doesn't know.
    """

    task_id: str
    space: str
    metric: str | None
    direction: Direction | None


@dataclass(frozen=True, slots=True)
class ConfigurationOrigin:
    """A configuration with where it comes from."""

    ranked: RankedConfiguration
    scores: "tuple[TaskScore, ...]"


@dataclass(frozen=True, slots=True)
class OriginsView:
    """A recommendation for a stored task, with the origin of each configuration.

    Attributes:
        task: The task that the page is about.
        space_name: The search space.
        key: What was asked for.
        answer: As `POST /v1/recommendations` gives it, without models that other workspaces share.
        sentence: Why, in words; None where no past task is known.
        origins: Of its configurations.
        n_past: Past tasks.
    """

    task: Task
    space_name: str
    key: ModelKey
    answer: Recommendation
    sentence: str | None
    origins: tuple[ConfigurationOrigin, ...]
    n_past: int


@dataclass(frozen=True, slots=True)
class TrialOrigin:
    """A trial of a study, with what its configuration did elsewhere, unless that is being learned.

    Attributes:
        study: The study.
        trial: The trial.
        before: Number of the trial before it; None for the first.
        after: Number of the trial after it; None for the last.
        scores: On past tasks; empty where nothing can be said.
        adjustments: Of its configuration, when it was mapped.
        n_tried: Other past tasks that tried exactly this configuration.
        is_learning: Whether the scores follow later.
    """

    study: StoredStudy
    trial: Trial
    before: int | None
    after: int | None
    scores: "tuple[TaskScore, ...]" = ()
    adjustments: tuple[str, ...] = ()
    n_tried: int = 0
    is_learning: bool = False


def found_tasks(services: Services, words: str) -> tuple[TaskSummary, ...]:
    """Tasks whose name holds some words, newest first."""
    with services.database.reading() as connection:
        return tasks_named(connection, words, limit=MAX_FOUND)


def view_origins(services: Services, asked: OriginsRequest, *, n: int) -> OriginsView:
    """A recommendation with its origins; nothing is stored.

    Raises:
        NotFoundError: If there is no such task or search space.
        InvalidInputError: On a metric of another kind of task, or too many configurations.
    """
    from metamodel.answers.origins import scores_on_past_tasks  # noqa: PLC0415  # numpy, when first needed

    if not 1 <= n <= MAX_CONFIGURATIONS:
        raise InvalidInputError("ask for fewer configurations", field="n", value=n, limit=f"1 to {MAX_CONFIGURATIONS}")
    task, space, key = _asked(services, asked)
    learned = services.background_models.get(key, space)
    model = services.answering.own(key, learned, task_id=task.task_id)
    weights = model.weigh(task.meta_features, task_id=task.task_id)
    answer = learned.with_adjustments(
        model.recommend(task.meta_features, n=n, task_id=task.task_id, harm_limit=services.settings.harm_limit)
    )
    origins = tuple(
        ConfigurationOrigin(
            ranked,
            scores_on_past_tasks(
                model,
                weights,
                ranked.configuration,
                named=frozenset(source.task_id for source in ranked.sources),
            ),
        )
        for ranked in answer.configurations
    )
    sentence = sentence_for(services, learned.model, space, task.meta_features)
    return OriginsView(task, asked.space, key, answer, sentence, origins, len(model.histories))


def weights_figure(services: Services, asked: OriginsRequest) -> Figure:
    """How much each past task speaks for a task: the heaviest, and all others together."""
    task, space, key = _asked(services, asked)
    model = services.answering.own(key, services.background_models.get(key, space), task_id=task.task_id)
    return _weights_figure(model, model.weigh(task.meta_features, task_id=task.task_id))


def view_trial(services: Services, study_id: str, number: int) -> TrialOrigin:
    """A trial and what its configuration did on past tasks; the study's own task is left out.

    Raises:
        NotFoundError: If there is no such study or trial.
    """
    from learning.histories import is_whole  # noqa: PLC0415  # numpy, when first needed
    from metamodel.answers.origins import scores_on_past_tasks  # noqa: PLC0415
    from metamodel.maps.anchors import configuration_key  # noqa: PLC0415

    with services.database.reading() as connection:
        study = StudyRepository(connection).get(study_id)
        space = SearchSpaceRepository(connection).get(study.space_id)
        task = TaskRepository(connection).get(study.task_id).task
        found = trials_numbered(connection, study, [number])
        before, after = numbers_beside(connection, study, number)
    if not found:
        raise NotFoundError("the study has no such trial", field="number", value=number)
    trial = found[0]
    if not is_whole(space, dict(trial.configuration)) or trial.state in (TrialState.WAITING, TrialState.RUNNING):
        return TrialOrigin(study, trial, before, after)
    learned = services.background_models.find(study.key, space)
    if learned is None:
        return TrialOrigin(study, trial, before, after, is_learning=True)
    weights = learned.model.weigh(task.meta_features, frozenset({study.task_id}))
    scores = scores_on_past_tasks(learned.model, weights, trial.configuration, n=12)
    key = configuration_key(trial.configuration)
    n_tried = sum(
        any(configuration_key(tried) == key for tried in history.configurations)
        for history in learned.model.histories
        if history.task.task_id != study.task_id
    )
    return TrialOrigin(study, trial, before, after, scores, learned.adjustments.get(key, ()), n_tried)


def _asked(services: Services, asked: OriginsRequest) -> tuple[Task, SearchSpace, ModelKey]:
    with services.database.reading() as connection:
        task = TaskRepository(connection).get(asked.task_id).task
        space = SearchSpaceRepository(connection).find(asked.space, kind=task.kind).space
    return task, space, key_of(space, task.kind, metric=asked.metric, direction=asked.direction)


def _weights_figure(model: "SpaceModel", weights: "TaskWeights") -> Figure:
    histories = model.histories
    order = sorted(range(len(histories)), key=lambda i: -float(weights.near[i]))
    rows = [
        (histories[i].task.name, "weight", float(weights.near[i]), None, None)
        for i in order[:_MAX_BARS]
        if weights.near[i] > 0.0
    ]
    rest = [float(weights.near[i]) for i in order[_MAX_BARS:] if weights.near[i] > 0.0]
    if rest:
        rows.append((f"{len(rest)} others", "weight", sum(rest), None, None))
    columns = ("parameter", "over", "share", "low", "high")
    return Figure(FigureKind.BARS, columns, tuple(rows), {"x": "share in the answer"})
