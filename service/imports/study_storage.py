"""A settled study into the store: its task, its search space, its identifier."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass

from knowledge.importers.lines import StudyLine
from service.provenance import IMPORT_LABEL, SOURCE_LABEL
from service.search_spaces.usecases import key_of
from store.database import Connection
from store.imports import UNDESCRIBED, ImportRepository, Taken
from store.model_keys import KindGroup, ModelKey, group_of
from store.pages import MAX_PAGE, PageRequest
from store.registered_space import RegisteredSpace
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StudyRepository
from store.tasks import StoredTask, TaskRepository
from warmtune.vocabulary.errors import ConflictError, InvalidInputError, NotFoundError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """What became of a study.

    Attributes:
        taken: What the store says.
        task_id: Of its task.
        search_space: The registered name of its search space, or None.
        content_key: Of its search space.
        notes: What keeping it has adjusted.
    """

    taken: Taken
    task_id: str
    search_space: str | None
    content_key: str
    notes: tuple[str, ...]


class StudyKeeper:
    """Stores the studies of one import, one after the other."""

    def __init__(self, record: ImportRecord) -> None:
        self._record = record
        self._registered: list[tuple[RegisteredSpace, Canonical]] = []
        self._stored_spaces: dict[int, str] = {}
        self._keys: dict[tuple[int, TaskKind, str, Direction], ModelKey] = {}
        self._canonical: dict[int, Canonical] = {}
        self._alive: list[SearchSpace] = []  # what is known by its id must not make room for another
        self._trials_by_space: Counter[tuple[str, KindGroup]] = Counter()
        self._spaces: dict[str, SearchSpace] = {}

    def open(self, connection: Connection) -> None:
        """Begin a transaction: the names that search spaces have now."""
        self._stored_spaces = {}  # an earlier transaction may have been rolled back
        repository, request = SearchSpaceRepository(connection), PageRequest(limit=MAX_PAGE)
        self._registered = []
        while True:
            page = repository.page(request)
            self._registered += [(entry, _canonical(entry.space)) for entry in page.items]
            if page.next_cursor is None:
                return
            request = PageRequest(cursor=page.next_cursor, limit=MAX_PAGE)

    def keep(self, connection: Connection, study: StudyLine) -> StudyOutcome:
        """Store a study.

        Raises:
            ConflictError: If the service has its trials already, by another way or with other content.
            InvalidInputError: If its metric is none of its task.
            NotFoundError: If its sender names a task that isn't stored.
        """
        self._refuse_reported(connection, study)
        notes: list[str] = []
        task = self._task(connection, study, notes)
        kind = task.task.kind
        name, space = self._adopted(study.space, kind, notes)
        key = self._key(space, kind, study)
        new = NewStudy(
            study_id=self._study_id(study),
            task_seq=task.seq,
            space_id=self._space_id(connection, space),
            search_space_name=name,
            key=key,
            name=study.name,
            metadata={**study.metadata, IMPORT_LABEL: self._record.import_id, SOURCE_LABEL: self._record.source},
        )
        taken = ImportRepository(connection).take(self._record, new, study.rows)
        self._trials_by_space[key.content_key, key.kind_group] += len(study.rows)
        self._spaces[key.content_key] = space
        return StudyOutcome(taken, task.task.task_id, name, key.content_key, tuple(notes))

    def forget(self) -> None:
        """Note that what the last study has stored was rolled back."""
        self._stored_spaces.clear()

    def register(self, connection: Connection, name: str) -> None:
        """Give the search space of most of the trials a name.

        Raises:
            ConflictError: If the name is taken by another one.
            InvalidInputError: If nothing was taken.
        """
        if not self._trials_by_space:
            raise InvalidInputError("no study was taken", field="register_as")
        content_key, group = self._trials_by_space.most_common(1)[0][0]
        SearchSpaceRepository(connection).register(name, self._spaces[content_key], kinds=group.kinds)

    def _refuse_reported(self, connection: Connection, study: StudyLine) -> None:
        if study.reported_as is not None and StudyRepository(connection).find(study.reported_as) is not None:
            raise ConflictError(
                f"its trials are stored already, as study {study.reported_as!r} that it was warm-started for; "
                "client.report(study) sends what is missing",
                field="study_id",
                value=study.reported_as,
            )

    def _task(self, connection: Connection, study: StudyLine, notes: list[str]) -> StoredTask:
        repository = TaskRepository(connection)
        facts = study.task
        if facts.task_id is not None:
            try:
                return repository.get(facts.task_id, field=f"tasks.{study.task_name}.task_id")
            except NotFoundError:
                if study.reported_as is None:
                    raise
                notes.append(f"its task {facts.task_id!r} is not stored here: taken as a new one")
        kind = facts.kind
        if kind is None:
            raise InvalidInputError("the kind of the task is not known", field="kind")
        features = facts.meta_features
        if features is None:
            unknown = MetaFeatures({}, version=UNDESCRIBED)
            return repository.keep(Task(_nameless_id(kind, study.task_name), study.task_name, kind, unknown))
        task_id = task_id_of(kind, features, content_hash=facts.content_hash)
        return repository.keep(Task(task_id, study.task_name, kind, features))

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

    def _key(self, space: SearchSpace, kind: TaskKind, study: StudyLine) -> ModelKey:
        """What the study can be compared under; its search space is hashed once, that takes longer than writing."""
        asked = (id(space), kind, study.metric, study.direction)
        if asked not in self._keys:
            self._keys[asked] = key_of(space, kind, metric=study.metric, direction=study.direction)
            self._alive.append(space)
        return self._keys[asked]

    def _space_id(self, connection: Connection, space: SearchSpace) -> str:
        """The identifier of a definition, stored once in this transaction."""
        if id(space) not in self._stored_spaces:
            self._stored_spaces[id(space)] = SearchSpaceRepository(connection).keep(space)
            self._alive.append(space)
        return self._stored_spaces[id(space)]

    def _study_id(self, study: StudyLine) -> str:
        """The same however often a source is read; another metric of the same trials is another study."""
        digest = hashlib.sha256(json.dumps([study.identity, study.metric, study.direction]).encode()).hexdigest()
        return f"study_{digest[:32]}"


def _nameless_id(kind: TaskKind, name: str) -> str:
    """The identifier of a task that nothing is known of but its name: the same for all sources that call it so."""
    digest = hashlib.sha256(json.dumps(["imported", group_of(kind), name]).encode()).hexdigest()
    return f"task_{digest[:24]}"


Canonical = tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str, frozenset[str]]]]


def _canonical(space: SearchSpace) -> Canonical:
    """What makes two search spaces the same, in whatever order it is written down."""
    conditions = {(c.parameter, c.parent, frozenset(map(repr, c.values))) for c in space.conditions}
    return frozenset((name, repr(d)) for name, d in space.parameters.items()), frozenset(conditions)
