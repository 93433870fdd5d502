"""Stores planned studies with their tasks, search spaces and trials."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.importers.values import ConvertedStudy
from service.imports.copied_studies import refuse_filed_otherwise, rows_beyond, said_of_copy, stored_in_wider_space
from service.imports.stored_copies import StoredCopies, StoredCopy
from service.imports.study_plan import StudyPlan, StudyPlanner
from service.provenance import IMPORT_LABEL, SOURCE_LABEL
from store.connections.database import Connection
from store.imported_studies import WholeStudy
from store.imports import UNDESCRIBED, ImportRepository, StoredImport
from store.model_keys import KindGroup
from store.registered_space import space_id_of
from store.run_marks import RunMarkRepository
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
        self._copies = StoredCopies(record)
        self._stored_spaces: dict[int, str] = {}
        self._alive: list[SearchSpace] = []  # what is known by its id must not make room for another
        self._trials_by_space: Counter[tuple[str, KindGroup]] = Counter()
        self._spaces: dict[str, SearchSpace] = {}

    def keep(self, connection: Connection, studies: Sequence[ConvertedStudy]) -> list[StudyOutcome | WarmtuneError]:
        """Store a batch within the caller's transaction: each study whole, or not at all and why.

        Studies that aren't there are written together. Each of the others has a savepoint of its own, since what is
        stored may contradict it; so has one that occurs twice, and one whose runs are stored as another study.
        """
        RunMarkRepository(connection).begin()
        self._stored_spaces = {}  # an earlier transaction may have been rolled back
        self._planner.open(connection)
        ids = [self._study_id(study) for study in studies]
        known = ImportRepository(connection).known(list(dict.fromkeys(ids)))
        first = {study_id: place for place, study_id in reversed(list(enumerate(ids)))}
        fresh = [place for place, study_id in enumerate(ids) if study_id not in known and first[study_id] == place]
        found = self._copies.find(connection, [studies[place] for place in fresh])
        copies = {fresh[at]: copy for at, copy in found.items()}
        outcomes = {place: self._keep_copy(connection, studies[place], copy) for place, copy in copies.items()}
        fresh = [place for place in fresh if place not in copies]
        outcomes |= zip(fresh, self._keep_new(connection, [studies[place] for place in fresh]), strict=True)
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
            WholeStudy(self._new(plan, task, self._space_id(connection, plan.space)), plan.study.rows, plan.study.marks)
            for plan, task in zip(plans, tasks, strict=True)
        ]
        taken = ImportRepository(connection).take_new(self._record, given)
        done = iter(
            [self._outcome(plan, task.task.task_id, one) for plan, task, one in zip(plans, tasks, taken, strict=True)]
        )
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
            id(plan): self._outcome(plan, task.task.task_id, same[study.new.study_id])
            for plan, task, study in asked
            if study.new.study_id in same
        }

    def _keep_one(self, connection: Connection, plan: StudyPlan) -> StudyOutcome:
        wider = stored_in_wider_space(connection, plan.study, self._study_id(plan.study), plan.space)
        if wider is not None:
            return self._into_copy(connection, plan.study, wider)
        task = self._tasks(connection, [plan])[0]
        new = self._new(plan, task, self._space_id(connection, plan.space))
        taken = ImportRepository(connection).take(self._record, new, plan.study.rows, plan.study.marks)
        return self._outcome(plan, task.task.task_id, taken)

    def _keep_copy(
        self, connection: Connection, study: ConvertedStudy, copy: StoredCopy
    ) -> StudyOutcome | WarmtuneError:
        """A study whose runs are stored as another: what it has more goes there; filed otherwise, it is refused."""
        try:
            with connection.begin_nested():
                return self._into_copy(connection, study, copy)
        except WarmtuneError as error:
            self._stored_spaces.clear()  # what it has stored was rolled back
            return error

    def _into_copy(self, connection: Connection, study: ConvertedStudy, copy: StoredCopy) -> StudyOutcome:
        stored = copy.study
        refuse_filed_otherwise(connection, study, copy)
        space = SearchSpaceRepository(connection).get(stored.space_id)
        first = stored.key
        filed = replace(study, space=space, metric=first.metric, direction=first.direction, further=stored.further)
        plan = self._planner.plan(connection, [filed])[0]
        if isinstance(plan, WarmtuneError):
            raise plan
        is_described = plan.named is not None or plan.task.meta_features.version != UNDESCRIBED
        moves = copy.is_whole and is_described and plan.task.task_id != stored.task_id
        rows = rows_beyond(connection, study, copy, space)
        taken = StoredImport(stored.study_id, is_new=False, is_moved=False, n_new=0, n_changed=0, n_unchanged=0)
        if rows or moves:
            new = NewStudy(
                study_id=stored.study_id,
                task_seq=self._tasks(connection, [plan])[0].seq if moves else stored.task_seq,
                space_id=stored.space_id,
                search_space_name=stored.search_space_name,
                key=plan.key if moves else stored.key,
                further=stored.further,
                name=stored.name,
                metadata=stored.metadata,
            )
            taken = ImportRepository(connection).take(self._record, new, rows, study.marks)
        taken = replace(taken, n_unchanged=len(study.rows) - taken.n_new - taken.n_changed)
        notes = (*plan.notes, said_of_copy(connection, study, copy))
        return self._outcome(replace(plan, notes=notes), plan.task.task_id if moves else stored.task_id, taken)

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

    def _outcome(self, plan: StudyPlan, task_id: str, taken: StoredImport) -> StudyOutcome:
        self._trials_by_space[plan.key.content_key, plan.key.kind_group] += len(plan.study.rows)
        self._spaces[plan.key.content_key] = plan.space
        return StudyOutcome(taken, task_id, plan.search_space, plan.key.content_key, plan.notes)

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
