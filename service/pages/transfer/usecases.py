"""What the page about the health of transfer shows."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.explanations.past_parameters import PastParameters, past_parameters
from service.pages.figures import Figure, FigureKind
from service.pages.inert import Cell
from service.pages.map_request import MapRequest
from service.pages.transfer.first_trials import first_trials, own_studies
from service.search_spaces.objective_keys import key_of
from service.services import Services
from store.model_keys import ModelKey
from store.models import ModelRepository, StoredModel
from store.search_spaces import SearchSpaceRepository
from store.studies import StoredStudy, StudyRepository
from store.study_tables import trials_numbered
from store.tasks import TaskRepository
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.model_version import RegretEstimate
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import TrialState

if TYPE_CHECKING:
    from metamodel.answers.alarm import Alarm, FirstTrial
    from metamodel.embedding.coverage import CoverageGap
    from metamodel.engine import SpaceModel

_MAX_LISTED: Final = 20
_MAX_VERSIONS: Final = 100
_MAX_SPOTS: Final = 8
_MAX_SOURCES: Final = 6
_AT: Final = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200)
_SHOWN_AFTER: Final = (1, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class BacktestLine:
    """A version that answers, and what leaving out each task has measured.

    Attributes:
        stored: The version.
        rows: By method its mean regret after 1, 5, 10 and 20 trials; None where it wasn't run so long.
        n_tasks: Tasks that were left out.
    """

    stored: StoredModel
    rows: tuple[tuple[str, tuple[RegretEstimate | None, ...]], ...]
    n_tasks: int


@dataclass(frozen=True, slots=True)
class TransferView:
    """Health of transfer under one key.

    Attributes:
        key: What was asked for.
        n_past: Past tasks.
        n_trials: Their trials.
        n_without: Stored tasks of the kind that have no trials here.
        strategies: How a recommendation for each stored task would be made, with how often; the most frequent first.
        alarm: Of the workspace's own studies.
        firsts: Those studies' first trials, the worst first.
        studies: Own studies, to look at influence.
        spots: Tasks to run next.
        backtest: Of the version that answers, or None.
        parameters: Importance over all past tasks, and the ranges of good values.
    """

    key: ModelKey
    n_past: int
    n_trials: int
    n_without: int
    strategies: tuple[tuple[str, int], ...]
    alarm: "Alarm"
    firsts: "tuple[FirstTrial, ...]"
    studies: tuple[StoredStudy, ...]
    spots: "tuple[CoverageGap, ...]"
    backtest: BacktestLine | None
    parameters: PastParameters


def view_transfer(services: Services, asked: MapRequest) -> TransferView:
    """Alarm, fallbacks, coverage and backtest.

    Raises:
        NotFoundError: If there is no such search space.
        InvalidInputError: On a metric of another kind of task.
    """
    from metamodel.answers.alarm import judge  # noqa: PLC0415  # scipy, when first needed
    from metamodel.embedding.coverage import coverage_gaps  # noqa: PLC0415

    key, space, model = _model(services, asked)
    with services.database.reading() as connection:
        stored = TaskRepository(connection).of_group(key.kind_group)
        studies = own_studies(connection, key, asked.space)
        firsts = first_trials(connection, model, studies)
        active = ModelRepository(connection).active(key)
    known = {history.task.task_id for history in model.histories}
    without = [task for task in stored if task.task_id not in known]
    past = [history.task for history in model.histories]
    asked_of = (*past[-_MAX_VERSIONS:], *without[-_MAX_VERSIONS:])
    strategies = Counter(model.weigh(task.meta_features, frozenset({task.task_id})).strategy.value for task in asked_of)
    return TransferView(
        key=key,
        n_past=len(past),
        n_trials=sum(len(history.configurations) for history in model.histories),
        n_without=len(without),
        strategies=tuple(strategies.most_common()),
        alarm=judge(firsts, limit=services.settings.harm_limit),
        firsts=tuple(sorted(firsts, key=lambda first: -first.loss)[:_MAX_LISTED]),
        studies=studies[:_MAX_LISTED],
        spots=coverage_gaps(past, without, n=_MAX_SPOTS),
        backtest=None if active is None else _backtest(active),
        parameters=past_parameters(services, space, model),
    )


def importance_figure(services: Services, asked: MapRequest) -> Figure:
    """Which parameters matter over all past tasks."""
    _, space, model = _model(services, asked)
    shares = past_parameters(services, space, model).shares
    over = f"{len(model.histories)} past tasks"
    rows = tuple((name, over, share.mean, share.low, share.high) for name, share in shares.items())
    columns = ("parameter", "over", "share", "low", "high")
    return Figure(FigureKind.BARS, columns, rows, {"x": "share of variance explained alone"})


def influence_figure(services: Services, study_id: str) -> Figure:
    """How far past tasks speak in a study as its trials come in; as the engine's own prior sees it.

    Raises:
        NotFoundError: If there is no such study.
    """
    from learning.histories import is_whole  # noqa: PLC0415  # numpy, when first needed
    from metamodel.answers.influence import influence_over_trials  # noqa: PLC0415

    with services.database.reading() as connection:
        study = StudyRepository(connection).get(study_id)
        space = SearchSpaceRepository(connection).get(study.space_id)
        task = TaskRepository(connection).get(study.task_id).task
        trials = trials_numbered(connection, study, range(_AT[-1] + _MAX_VERSIONS))
    model = services.background_models.get(study.key, space).model
    finished = [t for t in trials if t.state is TrialState.COMPLETE and is_whole(space, dict(t.configuration))]
    weights = model.weigh(task.meta_features, frozenset({study.task_id}))
    found = influence_over_trials(model, weights, finished, at=_AT)
    total = sum((now.tasks for now in found), start=0.0 * weights.near)
    top = [int(i) for i in sorted(range(len(total)), key=lambda i: -float(total[i]))[:_MAX_SOURCES]]
    top = [i for i in top if total[i] > 0.0]
    names = [model.histories[i].task.name for i in top]
    rows: list[tuple[Cell, ...]] = []
    for now in found:
        spoken = [float(now.tasks[i]) for i in top]
        parts = [*zip(names, spoken, strict=True), ("other past tasks", max(1.0 - now.own - sum(spoken), 0.0))]
        rows += [(now.n_trials, name, share) for name, share in (*parts, ("the study alone", now.own))]
    return Figure(FigureKind.SHARES, ("trials", "source", "share"), tuple(rows))


def backtest_figure(services: Services, asked: MapRequest) -> Figure:
    """Curves of the backtest of the version that answers.

    Raises:
        NotFoundError: If there is none.
    """
    from metamodel.backtest.result import Backtest  # noqa: PLC0415  # scipy, when first needed

    key, _ = _key(services, asked)
    with services.database.reading() as connection:
        active = ModelRepository(connection).active(key)
    if active is None or active.learned.backtest is None:
        raise NotFoundError("no active version has a backtest", field="metric", value=key.metric)
    found = Backtest.from_json(active.learned.backtest)
    rows: list[tuple[Cell, ...]] = []
    for method in found.regret:
        mean, low, high = found.curve(method)
        rows += [
            (method.value, n, float(m), float(a), float(b))
            for n, (m, a, b) in enumerate(zip(mean, low, high, strict=True), start=1)
        ]
    return Figure(FigureKind.CURVES, ("method", "trials", "regret", "low", "high"), tuple(rows))


def _backtest(stored: StoredModel) -> BacktestLine | None:
    from metamodel.backtest.result import Backtest  # noqa: PLC0415  # scipy, when first needed

    if stored.learned.backtest is None:
        return None
    found = Backtest.from_json(stored.learned.backtest)
    rows = tuple(
        (
            method.value,
            tuple(found.after(method, n) if n <= curves.shape[1] else None for n in _SHOWN_AFTER),
        )
        for method, curves in found.regret.items()
    )
    return BacktestLine(stored, rows, len(found.task_ids))


def _key(services: Services, asked: MapRequest) -> tuple[ModelKey, SearchSpace]:
    with services.database.reading() as connection:
        space = SearchSpaceRepository(connection).find(asked.space, kind=asked.kind).space
    return key_of(space, asked.kind, metric=asked.metric, direction=asked.direction), space


def _model(services: Services, asked: MapRequest) -> "tuple[ModelKey, SearchSpace, SpaceModel]":
    key, space = _key(services, asked)
    return key, space, services.background_models.get(key, space).model
