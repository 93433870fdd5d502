"""Where the studies of an import belong: task, search space and key of each, before anything of them is stored."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.importers.values import ConvertedStudy
from service.search_spaces.objective_keys import key_of
from store.connections.database import Connection
from store.imports import UNDESCRIBED
from store.model_keys import ModelKey, group_of
from store.pages import MAX_PAGE, PageRequest
from store.registered_space import RegisteredSpace
from store.search_spaces import SearchSpaceRepository
from store.studies import StudyRepository
from store.tasks import StoredTask, TaskRepository
from warmtune.vocabulary.errors import ConflictError, InvalidInputError, NotFoundError, WarmtuneError
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """What a study is to be stored with.

    Attributes:
        study: As it was read.
        task: Its task; stored already, or to be stored.
        named: The stored task that the sender names, or None.
        space: Its search space.
        search_space: The registered name of that, or None.
        key: What it can be compared under.
        notes: What was adjusted.
    """

    study: ConvertedStudy
    task: Task
    named: StoredTask | None
    space: SearchSpace
    search_space: str | None
    key: ModelKey
    notes: tuple[str, ...]


class StudyPlanner:
    """Plans the studies of one import; what many of them share is worked out once."""

    def __init__(self) -> None:
        self._registered: list[tuple[RegisteredSpace, Canonical]] = []
        self._keys: dict[tuple[int, TaskKind, str, Direction], ModelKey] = {}
        self._canonical: dict[int, Canonical] = {}
        self._alive: list[SearchSpace] = []  # what is known by its id must not make room for another

    def open(self, connection: Connection) -> None:
        """Begin a transaction: the names that search spaces have now."""
        repository, request = SearchSpaceRepository(connection), PageRequest(limit=MAX_PAGE)
        self._registered = []
        while True:
            page = repository.page(request)
            self._registered += [(entry, _canonical(entry.space)) for entry in page.items]
            if page.next_cursor is None:
                return
            request = PageRequest(cursor=page.next_cursor, limit=MAX_PAGE)

    def plan(self, connection: Connection, studies: Sequence[ConvertedStudy]) -> list[StudyPlan | WarmtuneError]:
        """The plan of each study, or why it can't be stored.

        The reasons are a `ConflictError` where the service has its trials by another way, an `InvalidInputError` where
        its metric is none of its task, a `NotFoundError` where its sender names a task that isn't stored.
        """
        described = [_described(study) for study in studies]
        named = [study.task.task_id for study in studies if study.task.task_id is not None]
        wanted = {*named, *(task.task_id for task in described if isinstance(task, Task))}
        stored = TaskRepository(connection).found(sorted(wanted))
        plans: list[StudyPlan | WarmtuneError] = []
        for study, task in zip(studies, described, strict=True):
            try:
                plans.append(self._plan(connection, study, task, stored))
            except WarmtuneError as error:
                plans.append(error)
        return plans

    def _plan(
        self,
        connection: Connection,
        study: ConvertedStudy,
        described: Task | WarmtuneError,
        stored: Mapping[str, StoredTask],
    ) -> StudyPlan:
        _refuse_reported(connection, study)
        notes: list[str] = []
        named = None
        if study.task.task_id is not None:
            named = stored.get(study.task.task_id)
            if named is None and study.reported_as is None:
                raise NotFoundError(
                    "there is no such task", field=f"tasks.{study.task_name}.task_id", value=study.task.task_id
                )
            if named is None:
                notes.append(f"its task {study.task.task_id!r} is not stored here: taken as a new one")
        if named is not None:
            task = named.task
        elif isinstance(described, WarmtuneError):
            raise described
        else:
            task = described
        kind = stored[task.task_id].task.kind if task.task_id in stored else task.kind
        name, space = self._adopted(study.space, kind, notes)
        return StudyPlan(study, task, named, space, name, self._key(space, kind, study), tuple(notes))

    def _adopted(self, space: SearchSpace, kind: TaskKind, notes: list[str]) -> tuple[str | None, SearchSpace]:
        """The registered search space that is the same, with its name and defaults; else the study's own."""
        if id(space) not in self._canonical:
            self._canonical[id(space)] = _canonical(space)
            self._alive.append(space)
        own = self._canonical[id(space)]
        for registered, theirs in self._registered:
            if kind in registered.kinds and theirs == own:
                notes.append(f"its search space is the registered {registered.name!r}")
                return registered.name, registered.space
        return None, space

    def _key(self, space: SearchSpace, kind: TaskKind, study: ConvertedStudy) -> ModelKey:
        """What the study can be compared under; its search space is hashed once, that takes longer than writing."""
        asked = (id(space), kind, study.metric, study.direction)
        if asked not in self._keys:
            self._keys[asked] = key_of(space, kind, metric=study.metric, direction=study.direction)
            self._alive.append(space)
        return self._keys[asked]


def _refuse_reported(connection: Connection, study: ConvertedStudy) -> None:
    if study.reported_as is not None and StudyRepository(connection).find(study.reported_as) is not None:
        raise ConflictError(
            f"its trials are stored already, as study {study.reported_as!r} that it was warm-started for or exported "
            "from; client.report(study) sends what a warm-started study has more",
            field="study_id",
            value=study.reported_as,
        )


def _described(study: ConvertedStudy) -> Task | InvalidInputError:
    """The task by what is said of it, or what is missing."""
    facts = study.task
    if facts.kind is None:
        return InvalidInputError("the kind of the task is not known", field="kind")
    if facts.meta_features is None:
        unknown = MetaFeatures({}, version=UNDESCRIBED)
        return Task(_nameless_id(facts.kind, study.task_name), study.task_name, facts.kind, unknown)
    task_id = task_id_of(facts.kind, facts.meta_features, content_hash=facts.content_hash)
    return Task(task_id, study.task_name, facts.kind, facts.meta_features)


def _nameless_id(kind: TaskKind, name: str) -> str:
    """The identifier of a task that nothing is known of but its name: the same for all sources that call it so."""
    digest = hashlib.sha256(json.dumps(["imported", group_of(kind), name]).encode()).hexdigest()
    return f"task_{digest[:24]}"


Canonical = tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str, frozenset[str]]]]


def _canonical(space: SearchSpace) -> Canonical:
    """What makes two search spaces the same, in whatever order it is written down."""
    conditions = {(c.parameter, c.parent, frozenset(map(repr, c.values))) for c in space.conditions}
    return frozenset((name, repr(d)) for name, d in space.parameters.items()), frozenset(conditions)
