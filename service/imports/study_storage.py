"""Settled studies into the store: their tasks, their search spaces, their trials."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.importers.values import ConvertedStudy
from service.imports.study_plan import StudyPlan, StudyPlanner
from service.provenance import IMPORT_LABEL, SOURCE_LABEL
from store.connections.database import Connection
from store.imported_studies import WholeStudy
from store.imports import ImportRepository, StoredImport
from store.model_keys import KindGroup
from store.registered_space import space_id_of
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy
from store.tasks import StoredTask, TaskRepository
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.space import SearchSpace


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

    taken: StoredImport
    task_id: str
    search_space: str | None
    content_key: str
    notes: tuple[str, ...]


class StudyWriter:
    """Stores the studies of one import, a batch after the other."""

    def __init__(self, record: ImportRecord) -> None:
        self._record = record
        self._planner = StudyPlanner()
        self._stored_spaces: dict[int, str] = {}
        self._alive: list[SearchSpace] = []  # what is known by its id must not make room for another
        self._trials_by_space: Counter[tuple[str, KindGroup]] = Counter()
        self._spaces: dict[str, SearchSpace] = {}

    def keep(self, connection: Connection, studies: Sequence[ConvertedStudy]) -> list[StudyOutcome | WarmtuneError]:
        """Store a batch within the caller's transaction: each study whole, or not at all and why.

        Studies that aren't there are written together. Each of the others has a savepoint of its own, since what is
        stored may contradict it; so has one that occurs twice.
        """
        self._stored_spaces = {}  # an earlier transaction may have been rolled back
        self._planner.open(connection)
        ids = [self._study_id(study) for study in studies]
        known = ImportRepository(connection).known(list(dict.fromkeys(ids)))
        first = {study_id: place for place, study_id in reversed(list(enumerate(ids)))}
        fresh = [place for place, study_id in enumerate(ids) if study_id not in known and first[study_id] == place]
        outcomes: dict[int, StudyOutcome | WarmtuneError] = dict(
            zip(fresh, self._keep_new(connection, [studies[place] for place in fresh]), strict=True)
        )
        rest = [place for place in range(len(studies)) if place not in outcomes]
        outcomes |= zip(rest, self._keep_known(connection, [studies[place] for place in rest]), strict=True)
        return [outcomes[place] for place in range(len(studies))]

    def register(self, connection: Connection, name: str) -> None:
        """Give the search space of most of the trials a name.

        Raises:
            ConflictError: If the name is taken by another one.
            InvalidInputError: If nothing was taken.
        """
        if not self._trials_by_space:
            raise InvalidInputError("no study was imported", field="register_as")
        content_key, group = self._trials_by_space.most_common(1)[0][0]
        SearchSpaceRepository(connection).register(name, self._spaces[content_key], kinds=group.kinds)

    def _keep_new(
        self, connection: Connection, studies: Sequence[ConvertedStudy]
    ) -> list[StudyOutcome | WarmtuneError]:
        planned = self._planner.plan(connection, studies)
        plans = [plan for plan in planned if isinstance(plan, StudyPlan)]
        tasks = self._tasks(connection, plans)
        given = [
            WholeStudy(self._new(plan, task, self._space_id(connection, plan.space)), plan.study.rows)
            for plan, task in zip(plans, tasks, strict=True)
        ]
        taken = ImportRepository(connection).take_new(self._record, given)
        done = iter([self._outcome(*each) for each in zip(plans, tasks, taken, strict=True)])
        return [plan if isinstance(plan, WarmtuneError) else next(done) for plan in planned]

    def _keep_known(
        self, connection: Connection, studies: Sequence[ConvertedStudy]
    ) -> list[StudyOutcome | WarmtuneError]:
        planned = self._planner.plan(connection, studies)
        same = self._unchanged(connection, [plan for plan in planned if isinstance(plan, StudyPlan)])
        outcomes: list[StudyOutcome | WarmtuneError] = []
        for plan in planned:
            if isinstance(plan, WarmtuneError):
                outcomes.append(plan)
                continue
            if (known := same.get(id(plan))) is not None:
                outcomes.append(known)
                continue
            try:
                with connection.begin_nested():
                    outcomes.append(self._keep_one(connection, plan))
            except WarmtuneError as error:
                self._stored_spaces.clear()  # what it has stored was rolled back
                outcomes.append(error)
        return outcomes

    def _unchanged(self, connection: Connection, plans: Sequence[StudyPlan]) -> dict[int, StudyOutcome]:
        """What becomes of plans, by their ids, of which all is stored just so; nothing is written for them."""
        ids = Counter(self._study_id(plan.study) for plan in plans)
        tasks = TaskRepository(connection).found(sorted({plan.task.task_id for plan in plans}))
        asked = [
            (plan, task, WholeStudy(self._new(plan, task, space_id_of(plan.space)), plan.study.rows))
            for plan in plans
            if ids[self._study_id(plan.study)] == 1
            and (task := tasks.get(plan.task.task_id)) is not None
            and task.task.meta_features.version == plan.task.meta_features.version
        ]
        same = ImportRepository(connection).unchanged([study for *_, study in asked])
        return {
            id(plan): self._outcome(plan, task, same[study.new.study_id])
            for plan, task, study in asked
            if study.new.study_id in same
        }

    def _keep_one(self, connection: Connection, plan: StudyPlan) -> StudyOutcome:
        task = self._tasks(connection, [plan])[0]
        new = self._new(plan, task, self._space_id(connection, plan.space))
        taken = ImportRepository(connection).take(self._record, new, plan.study.rows)
        return self._outcome(plan, task, taken)

    def _tasks(self, connection: Connection, plans: Sequence[StudyPlan]) -> list[StoredTask]:
        """The task of each, stored now where it wasn't."""
        stored = TaskRepository(connection).keep_all([plan.task for plan in plans if plan.named is None])
        return [plan.named or stored[plan.task.task_id] for plan in plans]

    def _new(self, plan: StudyPlan, task: StoredTask, space_id: str) -> NewStudy:
        study = plan.study
        return NewStudy(
            study_id=self._study_id(study),
            task_seq=task.seq,
            space_id=space_id,
            search_space_name=plan.search_space,
            key=plan.key,
            further=study.further,
            name=study.name,
            metadata={**study.metadata, IMPORT_LABEL: self._record.import_id, SOURCE_LABEL: self._record.source},
        )

    def _outcome(self, plan: StudyPlan, task: StoredTask, taken: StoredImport) -> StudyOutcome:
        self._trials_by_space[plan.key.content_key, plan.key.kind_group] += len(plan.study.rows)
        self._spaces[plan.key.content_key] = plan.space
        return StudyOutcome(taken, task.task.task_id, plan.search_space, plan.key.content_key, plan.notes)

    def _space_id(self, connection: Connection, space: SearchSpace) -> str:
        """The identifier of a definition, stored once in this transaction."""
        if id(space) not in self._stored_spaces:
            self._stored_spaces[id(space)] = SearchSpaceRepository(connection).keep(space)
            self._alive.append(space)
        return self._stored_spaces[id(space)]

    def _study_id(self, study: ConvertedStudy) -> str:
        """The same however often a source is read; another metric of the same trials is another study."""
        judged = [
            study.metric,
            study.direction,
            *(text for one in study.further for text in (one.metric, one.direction)),
        ]
        digest = hashlib.sha256(json.dumps([study.identity, *judged]).encode()).hexdigest()
        return f"study_{digest[:32]}"
