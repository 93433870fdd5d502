"""Imported studies: taken whole or not at all, the same ones again without a change, and where each came from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import Connection, RowMapping, Select, Text, cast, delete, func, insert, select, update

from store.model_keys import ModelKey
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.revisions import advance, revision_of
from store.scope import own, owner_of
from store.studies import NewStudy, StoredStudy, StudyRepository
from store.tables import imported_studies, imports, studies, tasks, trials
from store.trial_rows import TrialRow, trial_of_row
from store.trials import TrialRepository
from store.upsert import upserting
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.trial import TrialState

UNDESCRIBED = "none"
"""The version of a task's meta-features where an import brought none: such a task is the import's own."""
_CHUNK = 10_000
_FINISHED = frozenset(state.value for state in TrialState if state.is_finished)
_INSERT = (
    "INSERT INTO trials (study_seq, number, state, value, duration_s, params, intermediate_values, revision) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_COPY = "COPY trials (study_seq, number, state, value, duration_s, params, intermediate_values, revision) FROM STDIN"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an imported study.

    Attributes:
        study_id: Its identifier.
        is_new: Whether it wasn't there before.
        is_moved: Whether it was there over another search space, or of another task.
        n_new: Trials that weren't there.
        n_changed: Trials that have moved on since: running ones that have ended.
        n_unchanged: Trials that were there just so.
    """

    study_id: str
    is_new: bool
    is_moved: bool
    n_new: int
    n_changed: int
    n_unchanged: int


class ImportRepository:
    """Writes imported studies within one transaction, and reads where they came from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _begin(self, record: ImportRecord) -> int:
        """Store an import and return its order number; one that is taken up again keeps its own."""
        query = select(imports.c.seq).where(imports.c.import_id == record.import_id, own(self._connection, imports))
        found = self._connection.execute(query).scalar()
        if found is not None:
            return int(found)
        columns = ("import_id", "source", "written_by", "file_name", "file_hash", "sent_by", "created_at")
        row = {**owner_of(self._connection), **{name: getattr(record, name) for name in columns}}
        done = self._connection.execute(insert(imports).values(row).returning(imports.c.seq))
        return int(done.scalar_one())

    def take(self, record: ImportRecord, new: NewStudy, rows: Sequence[TrialRow]) -> Taken:
        """Store a study with its trials; stored trials stay. An import that changes nothing isn't stored.

        A study that is there over another search space or of another task moves there: its source has grown, or more
        is known of its task.

        Raises:
            ConflictError: If a finished trial is stored with other content.
        """
        repository = StudyRepository(self._connection)
        study = repository.find(new.study_id)
        if study is None:
            study_seq = self._create(new, rows)
            self._note(record, study_seq, [row[0] for row in rows], is_first=True)
            return Taken(new.study_id, is_new=True, is_moved=False, n_new=len(rows), n_changed=0, n_unchanged=0)
        is_moved = self._move(study, new)
        study = repository.get(new.study_id, for_writing=True)
        stored = self._stored(study)
        fresh = [row for row in rows if row[0] not in stored]
        differing = [row for row in rows if row[0] in stored and stored[row[0]] != row]
        n_changed = 0
        if differing:
            n_changed = (
                TrialRepository(self._connection).report(study, [trial_of_row(row) for row in differing]).accepted
            )
        if fresh:
            self._insert(study.seq, study.key, fresh)
            repository.refresh_totals(study)
        written = [row[0] for row in fresh] + ([row[0] for row in differing] if n_changed else [])
        if written or is_moved:
            self._note(record, study.seq, written, is_first=False)
        return Taken(
            study_id=study.study_id,
            is_new=False,
            is_moved=is_moved,
            n_new=len(fresh),
            n_changed=n_changed,
            n_unchanged=len(rows) - len(fresh) - n_changed,
        )

    def get(self, import_id: str) -> ImportRecord:
        """An import.

        Raises:
            NotFoundError: If there is none of that identifier.
        """
        found = None
        if is_possible(import_id):
            query = self._records().where(imports.c.import_id == import_id)
            found = self._connection.execute(query).mappings().first()
        if found is None:
            raise NotFoundError("there is no such import", field="import_id", value=import_id)
        return _record(found)

    def page(self, request: PageRequest) -> Page[ImportRecord]:
        """Imports, newest first."""
        return paginate(self._connection, self._records(), request, by=imports.c.seq, read=_record)

    def of_study(self, study_id: str) -> tuple[ImportRecord, ...]:
        """The imports that have written trials of a study, oldest first."""
        mine = (
            select(imported_studies.c.import_seq)
            .join(studies, studies.c.seq == imported_studies.c.study_seq)
            .where(studies.c.study_id == study_id, own(self._connection, studies))
        )
        query = self._records().where(imports.c.seq.in_(mine)).order_by(imports.c.seq)
        return tuple(_record(row) for row in self._connection.execute(query).mappings())

    def _records(self) -> Select[tuple[object, ...]]:
        counted = (
            select(func.count())
            .select_from(imported_studies)
            .where(imported_studies.c.import_seq == imports.c.seq)
            .scalar_subquery()
        )
        return select(imports, counted.label("n_studies")).where(own(self._connection, imports))

    def _stored(self, study: StoredStudy) -> dict[int, TrialRow]:
        columns = (
            trials.c.number,
            trials.c.state,
            trials.c.value,
            trials.c.duration_s,
            cast(trials.c.params, Text),
            cast(trials.c.intermediate_values, Text),
        )
        query = select(*columns).where(trials.c.study_seq == study.seq)
        return {row[0]: tuple(row) for row in self._connection.execute(query)}

    def _create(self, new: NewStudy, rows: Sequence[TrialRow]) -> int:
        """Store a new study with its trials and totals; its order number."""
        complete = [row[2] for row in rows if row[1] == TrialState.COMPLETE.value and row[2] is not None]
        best = max if new.key.direction is Direction.MAXIMIZE else min
        row = {
            **owner_of(self._connection),
            "study_id": new.study_id,
            "task_seq": new.task_seq,
            "space_id": new.space_id,
            "search_space_name": new.search_space_name,
            **new.key.columns(),
            "name": new.name,
            "metadata": dict(new.metadata),
            "shipped": False,
            "n_trials": len(rows),
            "best_value": best(complete, default=None),
            "created_at": datetime.now(UTC),
        }
        study_seq = int(self._connection.execute(insert(studies).values(row).returning(studies.c.seq)).scalar_one())
        self._insert(study_seq, new.key, rows)
        return study_seq

    def _insert(self, study_seq: int, key: ModelKey, fresh: Sequence[TrialRow]) -> None:
        if any(row[1] in _FINISHED for row in fresh):
            advance(self._connection, key)
        revision = revision_of(self._connection, key)
        rows = ((study_seq, *row, revision if row[1] in _FINISHED else None) for row in fresh)
        if self._connection.dialect.name == "sqlite":
            while chunk := list(islice(rows, _CHUNK)):
                self._connection.exec_driver_sql(_INSERT, chunk)
            return
        from store.postgres import copy_rows  # noqa: PLC0415  # its driver takes 0.15 s that SQLite's users need not wait

        copy_rows(self._connection, _COPY, rows)

    def _move(self, study: StoredStudy, new: NewStudy) -> bool:
        """Let a study follow its source; models of where it was and of where it is learn anew."""
        mine = (studies.c.seq == study.seq) & own(self._connection, studies)
        stored_task = self._connection.execute(select(studies.c.task_seq).where(mine)).scalar_one()
        if (study.space_id, study.key, stored_task) == (new.space_id, new.key, new.task_seq):
            return False
        advance(self._connection, study.key)
        if study.key != new.key:
            advance(self._connection, new.key)
        self._connection.execute(
            update(studies)
            .where(mine)
            .values(
                space_id=new.space_id,
                search_space_name=new.search_space_name,
                task_seq=new.task_seq,
                **new.key.columns(),
            )
        )
        revision = revision_of(self._connection, new.key)
        self._connection.execute(
            update(trials)
            .where(trials.c.study_seq == study.seq, trials.c.revision.is_not(None))
            .values(revision=revision)
        )
        if stored_task != new.task_seq:
            theirs = (studies.c.task_seq == stored_task) & own(self._connection, studies)
            left = select(func.count()).where(theirs).scalar_subquery()
            self._connection.execute(
                delete(tasks).where(
                    tasks.c.seq == stored_task,
                    own(self._connection, tasks),
                    tasks.c.version == UNDESCRIBED,
                    left == 0,
                )
            )
        return True

    def _note(self, record: ImportRecord, study_seq: int, numbers: Iterable[int], *, is_first: bool) -> None:
        """Note which trials an import has written; one that was interrupted may have noted some before."""
        import_seq = self._begin(record)
        if is_first:
            ranges = list(_ranges(sorted(numbers)))
            row = {"import_seq": import_seq, "study_seq": study_seq, "trial_numbers": ranges}
            self._connection.execute(insert(imported_studies).values(row))
            return
        where = (imported_studies.c.import_seq == import_seq, imported_studies.c.study_seq == study_seq)
        before = self._connection.execute(select(imported_studies.c.trial_numbers).where(*where)).scalar()
        known = {number for first, last in before or () for number in range(first, last + 1)}
        ranges = list(_ranges(sorted(known | set(numbers))))
        self._connection.execute(
            upserting(self._connection, imported_studies)
            .values(import_seq=import_seq, study_seq=study_seq, trial_numbers=ranges)
            .on_conflict_do_update(index_elements=["import_seq", "study_seq"], set_={"trial_numbers": ranges})
        )


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last


def _record(row: RowMapping) -> ImportRecord:
    return ImportRecord(
        import_id=row["import_id"],
        source=row["source"],
        written_by=row["written_by"],
        file_name=row["file_name"],
        file_hash=row["file_hash"],
        sent_by=row["sent_by"],
        created_at=row["created_at"],
        n_studies=row["n_studies"],
    )
