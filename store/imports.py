"""Imported studies: taken whole or not at all, the same ones again without a change, and where each came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Select, Text, cast, delete, func, insert, select, update

from store.connections.scope import own, owner_of
from store.connections.upsert import upserting
from store.imported_studies import StudyTrials, WholeStudy, insert_studies, insert_trials, number_ranges, study_seqs
from store.model_keys import ModelKey
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.revisions import advance_all, revision_of
from store.run_marks import RunMarkRepository
from store.studies import NewStudy, StoredStudy, StudyRepository, further_objectives, stored_objectives
from store.tables import imported_studies, imports, studies, tasks, trials
from store.trial_rows import TrialRow, trial_of_row
from store.trials import TrialRepository
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.work import while_wanted

UNDESCRIBED = "none"
"""The version of a task's meta-features where an import brought none: such a task is the import's own."""
_STUDIES = 100  # that are compared with what is stored at once


@dataclass(frozen=True, slots=True)
class StoredImport:
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

    def take(
        self, record: ImportRecord, new: NewStudy, rows: Sequence[TrialRow], marks: tuple[int, ...] = ()
    ) -> StoredImport:
        """Store a study with its trials; stored trials stay. An import that changes nothing isn't stored.

        A study that is there over another search space or of another task moves there: its source has grown, or more
        is known of its task. If its trials change, it gets the marks, if there are any.

        Raises:
            ConflictError: If a finished trial is stored with other content.
        """
        repository = StudyRepository(self._connection)
        study = repository.find(new.study_id)
        if study is None:
            return self.take_new(record, [WholeStudy(new, rows, marks)])[0]
        is_moved = self._move(study, new)
        study = repository.get(new.study_id, for_writing=True)
        stored = self._rows([study.seq])[study.seq]
        fresh = [row for row in rows if row[0] not in stored]
        differing = [row for row in rows if row[0] in stored and stored[row[0]] != row]
        n_changed = 0
        if differing:
            n_changed = (
                TrialRepository(self._connection).report(study, [trial_of_row(row) for row in differing]).accepted
            )
        if fresh:
            insert_trials(self._connection, [StudyTrials(study.seq, study.keys, fresh)])
            repository.refresh_totals(study)
        written = [row[0] for row in fresh] + ([row[0] for row in differing] if n_changed else [])
        if written and marks:
            RunMarkRepository(self._connection).keep({study.seq: marks})
        if written or is_moved:
            self._note(record, study.seq, written)
        return StoredImport(
            study_id=study.study_id,
            is_new=False,
            is_moved=is_moved,
            n_new=len(fresh),
            n_changed=n_changed,
            n_unchanged=len(rows) - len(fresh) - n_changed,
        )

    def take_new(self, record: ImportRecord, given: Sequence[WholeStudy]) -> tuple[StoredImport, ...]:
        """Store studies that aren't there (see `known`), at once: much quicker than one after the other."""
        if not given:
            return ()
        import_seq = self._begin(record)
        seqs = insert_studies(self._connection, given)
        noted = [
            {
                "import_seq": import_seq,
                "study_seq": seq,
                "trial_numbers": list(number_ranges(sorted(row[0] for row in study.rows))),
            }
            for seq, study in zip(seqs, given, strict=True)
        ]
        self._connection.execute(insert(imported_studies), noted)
        RunMarkRepository(self._connection).keep({seq: study.marks for seq, study in zip(seqs, given, strict=True)})
        return tuple(_taken(study.new, is_new=True, n_new=len(study.rows)) for study in given)

    def known(self, study_ids: Sequence[str]) -> frozenset[str]:
        """Those of the identifiers that are of studies of the workspace's own."""
        return frozenset(study_seqs(self._connection, study_ids))

    def unchanged(self, given: Sequence[WholeStudy]) -> dict[str, StoredImport]:
        """Those of stored studies that are stored just so, by identifier; asked for many of them at a time."""
        same: dict[str, StoredImport] = {}
        for start in range(0, len(given), _STUDIES):
            some = {study.new.study_id: study for study in given[start : start + _STUDIES]}
            query = select(studies).where(studies.c.study_id.in_(list(some)), own(self._connection, studies))
            stored = {row["seq"]: row for row in self._connection.execute(query).mappings()}
            trials_of = self._rows(list(stored))
            for seq, row in stored.items():
                new, rows = some[row["study_id"]].new, some[row["study_id"]].rows
                is_there = (row["space_id"], row["task_seq"]) == (new.space_id, new.task_seq)
                is_there = is_there and further_objectives(row["further_objectives"]) == new.further
                is_there = is_there and ModelKey.of_row(row) == new.key
                if is_there and all(trials_of[seq].get(r[0]) == r for r in while_wanted(rows)):
                    same[new.study_id] = _taken(new, n_unchanged=len(rows))
        return same

    def trials_of(self, study: StoredStudy) -> dict[int, TrialRow]:
        """The stored trials of a study, by their numbers."""
        return self._rows([study.seq])[study.seq]

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

    def _rows(self, study_seqs: Sequence[int]) -> dict[int, dict[int, TrialRow]]:
        """The stored trials of studies, by study and number."""
        columns = (
            trials.c.study_seq,
            trials.c.number,
            trials.c.state,
            trials.c.value,
            trials.c.duration_s,
            cast(trials.c.params, Text),
            cast(trials.c.intermediate_values, Text),
            cast(trials.c.constraints, Text),
            cast(trials.c.objective_values, Text),
        )
        found: dict[int, dict[int, TrialRow]] = {seq: {} for seq in study_seqs}
        query = select(*columns).where(trials.c.study_seq.in_(list(study_seqs)))
        for study_seq, *row in while_wanted(self._connection.execute(query)):
            found[study_seq][row[0]] = tuple(row)
        return found

    def _move(self, study: StoredStudy, new: NewStudy) -> bool:
        """Let a study follow its source; models of where it was and of where it is learn anew."""
        mine = (studies.c.seq == study.seq) & own(self._connection, studies)
        stored_task = self._connection.execute(select(studies.c.task_seq).where(mine)).scalar_one()
        if (study.space_id, study.keys, stored_task) == (new.space_id, new.keys, new.task_seq):
            return False
        advance_all(self._connection, {*study.keys, *new.keys})
        self._connection.execute(
            update(studies)
            .where(mine)
            .values(
                space_id=new.space_id,
                search_space_name=new.search_space_name,
                task_seq=new.task_seq,
                further_objectives=stored_objectives(new.further),
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

    def _note(self, record: ImportRecord, study_seq: int, numbers: Iterable[int]) -> None:
        """Note which trials an import has written; one that was interrupted may have noted some before."""
        import_seq = self._begin(record)
        where = (imported_studies.c.import_seq == import_seq, imported_studies.c.study_seq == study_seq)
        before = self._connection.execute(select(imported_studies.c.trial_numbers).where(*where)).scalar()
        known = {number for first, last in before or () for number in range(first, last + 1)}
        ranges = list(number_ranges(sorted(known | set(numbers))))
        self._connection.execute(
            upserting(self._connection, imported_studies)
            .values(import_seq=import_seq, study_seq=study_seq, trial_numbers=ranges)
            .on_conflict_do_update(index_elements=["import_seq", "study_seq"], set_={"trial_numbers": ranges})
        )


def _taken(new: NewStudy, *, is_new: bool = False, n_new: int = 0, n_unchanged: int = 0) -> StoredImport:
    return StoredImport(new.study_id, is_new, is_moved=False, n_new=n_new, n_changed=0, n_unchanged=n_unchanged)


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
