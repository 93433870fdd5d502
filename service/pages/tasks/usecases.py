"""What the map of tasks shows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.pages.figures import Figure, FigureKind
from service.pages.inert import Cell
from service.pages.map_request import MapRequest
from service.search_spaces.objective_keys import key_of
from service.services import Services
from store.model_keys import ModelKey
from store.search_spaces import SearchSpaceRepository
from store.tasks import TaskRepository
from warmtune.vocabulary.task import Task

if TYPE_CHECKING:
    from metamodel.embedding.likeness import Contrast, Driver
    from metamodel.engine import SpaceModel

MAX_LISTED: Final = 100
_MAX_NEIGHBOURS: Final = 10
_MAX_DRIVERS: Final = 15
_MAX_COMPARED: Final = 40
"""Meta-features in which tasks are compared: likeness in one that moves nothing is no similarity."""
_N_CONTRASTS: Final = 4


@dataclass(frozen=True, slots=True)
class MappedTask:
    """A past task on the map, with how many trials are known of it."""

    task: Task
    n_trials: int


@dataclass(frozen=True, slots=True)
class SimilarTask:
    """A past task that resembles a chosen one.

    Attributes:
        task: The past task.
        similarity: In [0, 1], by the embedding.
        weight: Its share in an answer for the chosen one.
        alike: Meta-features that differ least.
        unlike: Meta-features that differ most.
    """

    task: Task
    similarity: float
    weight: float
    alike: "tuple[Contrast, ...]"
    unlike: "tuple[Contrast, ...]"


@dataclass(frozen=True, slots=True)
class TasksView:
    """A map of tasks.

    Attributes:
        key: What was asked for.
        found: Past tasks whose name holds the words, `MAX_LISTED` at most.
        n_past: All past tasks.
        has_embedding: Whether an embedding was learned; otherwise there are too few past tasks.
        drivers: Meta-features that determine the tasks' positions, the most influential first.
        chosen: The task that is looked at, or None.
        alike: Similar past tasks, the most similar first.
        trust: Trust in the similarity to it, in [0, 1].
        reason: Why past tasks count as they do for it, in a sentence; empty where none is chosen.
    """

    key: ModelKey
    found: tuple[MappedTask, ...]
    n_past: int
    has_embedding: bool
    drivers: "tuple[Driver, ...]"
    chosen: Task | None
    alike: tuple[SimilarTask, ...]
    trust: float
    reason: str


def view_tasks(services: Services, asked: MapRequest, *, words: str, task_id: str | None) -> TasksView:
    """The map, with the meta-features that determine similarity.

    Raises:
        NotFoundError: If there is no such search space or task.
        InvalidInputError: On a metric of another kind of task.
    """
    from metamodel.embedding.likeness import drivers  # noqa: PLC0415  # numpy, when first needed

    key, model = _model(services, asked)
    chosen = None
    if task_id:
        with services.database.reading() as connection:
            chosen = TaskRepository(connection).get(task_id).task
    wanted = words.casefold()
    found = [h for h in model.histories if wanted in h.task.name.casefold()]
    embedding = model.embedding
    most: tuple[Driver, ...] = ()
    if embedding is not None:
        features = [history.task.meta_features for history in model.histories]
        most = services.page_cache.get((drivers, model.version), lambda: drivers(embedding, features))
    compared = frozenset(driver.name for driver in most[:_MAX_COMPARED])
    alike, trust, reason = _alike(model, chosen, compared) if chosen is not None else ((), 0.0, "")
    return TasksView(
        key=key,
        found=tuple(MappedTask(h.task, len(h.configurations)) for h in found[:MAX_LISTED]),
        n_past=len(model.histories),
        has_embedding=embedding is not None,
        drivers=most[:_MAX_DRIVERS],
        chosen=chosen,
        alike=alike,
        trust=trust,
        reason=reason,
    )


def map_figure(services: Services, asked: MapRequest, *, words: str, task_id: str | None) -> Figure:
    """The tasks on a plane; those that were searched for and the neighbours of the chosen one stand out."""
    from metamodel.embedding.likeness import plane  # noqa: PLC0415  # numpy, when first needed

    _, model = _model(services, asked)
    near: Mapping[str, float] = {}
    if task_id:
        with services.database.reading() as connection:
            chosen = TaskRepository(connection).get(task_id).task
        near = {one.task.task_id: one.similarity for one in _alike(model, chosen, frozenset())[0]}
    wanted = words.casefold()
    rows: list[tuple[Cell, ...]] = []
    for history, place in zip(model.histories, plane(model), strict=True):
        task = history.task
        mark = "other"
        if task.task_id == task_id:
            mark = "chosen"
        elif task.task_id in near:
            mark = "alike"
        elif wanted and wanted in task.name.casefold():
            mark = "found"
        count = len(history.configurations)
        rows.append((task.name, task.kind.value, float(place[0]), float(place[1]), count, mark))
    columns = ("task", "kind", "x", "y", "trials", "mark")
    return Figure(FigureKind.MAP, columns, tuple(rows))


def _model(services: Services, asked: MapRequest) -> "tuple[ModelKey, SpaceModel]":
    with services.database.reading() as connection:
        space = SearchSpaceRepository(connection).find(asked.space, kind=asked.kind).space
    key = key_of(space, asked.kind, metric=asked.metric, direction=asked.direction)
    return key, services.background_models.get(key, space).model


def _alike(model: "SpaceModel", chosen: Task, compared: Collection[str]) -> tuple[tuple[SimilarTask, ...], float, str]:
    """Past tasks by similarity, the chosen one left out, how far that likeness is trusted, and why.

    They are compared in these meta-features; in all, where none is named.
    """
    from metamodel.embedding.likeness import contrasts  # noqa: PLC0415  # numpy, when first needed
    from metamodel.embedding.neighbours import MetaFeatureScaler  # noqa: PLC0415

    others = [i for i, history in enumerate(model.histories) if history.task.task_id != chosen.task_id]
    if not others:
        return (), 0.0, ""
    weights = model.weigh(chosen.meta_features, frozenset({chosen.task_id}))
    order = sorted(others, key=lambda i: (-float(weights.similarity[i]), -float(weights.near[i])))[:_MAX_NEIGHBOURS]
    scaler = (
        model.embedding.scaler
        if model.embedding is not None
        else MetaFeatureScaler.fit([model.histories[i].task.meta_features for i in others])
    )
    found = []
    for i in order:
        task = model.histories[i].task
        shown = contrasts(scaler, chosen.meta_features, task.meta_features)
        if not shown and not weights.similarity[i]:
            continue  # nothing is known of both
        shown = tuple(one for one in shown if not compared or one.name in compared)
        both_have = [one for one in shown if one.one or one.other]  # that both lack something is weaker evidence
        alike, unlike = tuple(both_have[:_N_CONTRASTS]), tuple(reversed(shown[_N_CONTRASTS:][-_N_CONTRASTS:]))
        found.append(SimilarTask(task, float(weights.similarity[i]), float(weights.near[i]), alike, unlike))
    return tuple(found), weights.trust, weights.reason
