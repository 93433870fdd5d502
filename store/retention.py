"""Which rows are older than they are meant to be stored, and how they go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, false, func, select

from store.audit import PendingEntry, audited
from store.connections.clock import database_now
from store.connections.database import Database
from store.connections.scope import COLUMN, everywhere, own
from store.deletion import delete_study
from store.tables import audit, jobs, stored_answers, studies, trials
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.trial import TrialState

CALLER: Final = "vacuum"
"""Who has deleted a study, in the audit trail of its workspace."""
_DELETED: Final = 204


@dataclass(frozen=True, slots=True)
class RetentionAges:
    """How old rows may become; None where they stay until someone deletes them.

    Attributes:
        jobs: Since a job has ended.
        answers: Of answers for repeated requests.
        audit: Of rows of the audit trail.
        studies: Since a study was made, with its trials; one with trials that wait or run stays.
    """

    jobs: timedelta | None = None
    answers: timedelta | None = None
    audit: timedelta | None = None
    studies: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ExpiredCounts:
    """How many rows are older.

    Attributes:
        n_jobs: Jobs that have ended, with their logs.
        n_answers: Answers for repeated requests.
        n_audit: Rows of the audit trail.
        n_studies: Studies.
        n_trials: Trials of these.
    """

    n_jobs: int
    n_answers: int
    n_audit: int
    n_studies: int
    n_trials: int


def count_expired(connection: Connection, ages: RetentionAges) -> ExpiredCounts:
    """How many rows of all workspaces are older than ages allow."""
    now = database_now(connection)
    n_jobs, n_answers, n_audit = (_count(connection, table, condition) for table, condition in _small(ages, now))
    n_studies = n_trials = 0
    if ages.studies is not None:
        query = select(func.count(), func.coalesce(func.sum(studies.c.n_trials), 0)).where(_old(ages.studies, now))
        n_studies, n_trials = connection.execute(everywhere(query)).one()
    return ExpiredCounts(n_jobs, n_answers, n_audit, n_studies, int(n_trials))


def forget_expired(database: Database, ages: RetentionAges) -> ExpiredCounts:
    """Delete the rows of all workspaces that are older than ages allow.

    Studies go one by one, each in a transaction of its own with its row in the audit trail: writers wait for none of
    them for long, and a concurrent deletion is no error.

    Args:
        database: Bound to no workspace.
        ages: What may go.

    Raises:
        UnavailableError: If the database can't be reached, or stays locked.
    """
    with database.writing() as connection:
        now = database_now(connection)
        n_jobs, n_answers, n_audit = (
            connection.execute(everywhere(delete(table).where(condition))).rowcount
            for table, condition in _small(ages, now)
        )
    n_studies = n_trials = 0
    if ages.studies is not None:
        with database.reading() as connection:
            query = select(studies.c.study_id, studies.c[COLUMN], studies.c.n_trials).where(_old(ages.studies, now))
            found = connection.execute(everywhere(query)).all()
        for study_id, owner, n in found:
            if _forget_study(database, study_id, owner, _old(ages.studies, now)):
                n_studies, n_trials = n_studies + 1, n_trials + n
    return ExpiredCounts(n_jobs, n_answers, n_audit, n_studies, n_trials)


def _small(ages: RetentionAges, now: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    """Tables whose rows nothing else is learned from, in the order of the counts."""
    ended = jobs.c.state.in_([state.value for state in JobState if state.is_final])
    return [
        (jobs, ended & _before(jobs.c.finished_at, ages.jobs, now)),
        (stored_answers, _before(stored_answers.c.created_at, ages.answers, now)),
        (audit, _before(audit.c.at, ages.audit, now)),
    ]


def _before(column: ColumnElement[datetime], age: timedelta | None, now: datetime) -> ColumnElement[bool]:
    return false() if age is None else column < now - age


def _old(age: timedelta, now: datetime) -> ColumnElement[bool]:
    unfinished = [state.value for state in TrialState if not state.is_finished]
    is_open = exists().where(trials.c.study_seq == studies.c.seq, trials.c.state.in_(unfinished))
    return studies.c.shipped.is_(False) & (studies.c.created_at < now - age) & ~is_open


def _count(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(condition)
    return int(connection.execute(everywhere(query)).scalar_one())


def _forget_study(database: Database, study_id: str, owner: int, is_old: ColumnElement[bool]) -> bool:
    """Delete one study; False where somebody else has, or goes on with it."""
    try:
        with database.reading() as connection:
            workspace = WorkspaceRepository(connection).by_seq(owner)
        entry = PendingEntry(workspace, CALLER, "DELETE", "/v1/studies/{study_id}", study_id, _DELETED, CALLER)
        with audited(entry), database.of(workspace).writing() as connection:
            query = select(studies.c.seq).where(studies.c.study_id == study_id, own(connection, studies), is_old)
            if connection.execute(everywhere(query)).first() is None:
                raise NotFoundError("the study was continued in the meantime", field="study_id", value=study_id)
            delete_study(connection, study_id)
    except NotFoundError:
        return False
    return True
