"""Jobs in the database: queued by anyone, run by one service at a time, kept after they ended."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Delete, Select, Update, delete, func, or_, select

from store.connections.clock import database_now
from store.connections.scope import bound_workspace, everywhere, own, owner_of
from store.job_lines import JobLineRepository
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.stored_job import Json, StoredJob, stored_job
from store.tables import api_keys, jobs
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.job import JobFailure, JobState
from warmtune.vocabulary.page import Page

Statement = TypeVar("Statement", Select[Any], Update, Delete)
MAX_MESSAGE_LENGTH = 500


class JobRepository:
    """Reads and writes jobs within one transaction: a workspace's, or on an unbound connection those of all.

    Who runs jobs is bound to no workspace: `claim` and what an owner writes are about all of them, and so are the
    signs of life in `store.running_jobs`.

    What a running job's owner writes (`note`, `succeed`, `fail`, `cancel`, `requeue`) has effect only while the job
    is still its own: a service that was given up for dead and comes back changes nothing. What happens to a job is
    a line of its log, too.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lines = JobLineRepository(connection)

    def queue(
        self, job_id: str, kind: str, request: Json, *, is_quick: bool = False, key_id: str | None = None
    ) -> StoredJob:
        """Store a new job; a quick one isn't kept waiting by others that are not."""
        self._connection.execute(
            jobs.insert().values(
                **owner_of(self._connection),
                job_id=job_id,
                kind=kind,
                request=dict(request),
                state=JobState.QUEUED.value,
                progress=0.0,
                message="",
                cancel_requested=False,
                attempt=0,
                created_at=database_now(self._connection),
                is_quick=is_quick,
                key_id=key_id,
            )
        )
        job = self.get(job_id)
        self._lines.add(job.seq, "queued")
        return job

    def get(self, job_id: str) -> StoredJob:
        """The job with this identifier.

        Raises:
            NotFoundError: If there is none.
        """
        query = self._mine(select(jobs).where(jobs.c.job_id == job_id))
        row = self._connection.execute(query).mappings().first() if is_possible(job_id) else None
        if row is None:
            raise NotFoundError("there is no such job", field="job_id", value=job_id)
        return stored_job(row)

    def page(self, request: PageRequest, *, kind: str | None = None, state: JobState | None = None) -> Page[StoredJob]:
        """Jobs, newest first."""
        query = self._mine(select(jobs))
        if kind is not None:
            query = query.where(jobs.c.kind == (kind if is_possible(kind) else ""))
        if state is not None:
            query = query.where(jobs.c.state == state.value)
        return paginate(self._connection, query, request, by=jobs.c.seq, read=stored_job)

    def count(self, state: JobState, *, kinds: Collection[str] | None = None) -> int:
        """How many jobs stand there, of any kind or of these."""
        query = self._mine(select(func.count()).select_from(jobs).where(jobs.c.state == state.value))
        if kinds is not None:
            query = query.where(jobs.c.kind.in_(sorted(kinds)))
        return int(self._connection.execute(query).scalar_one())

    def count_of_key(self, key_id: str) -> int:
        """How many jobs that were queued with an API key wait or run."""
        unfinished = jobs.c.state.in_([state.value for state in JobState if not state.is_final])
        query = self._mine(select(func.count()).select_from(jobs).where(jobs.c.key_id == key_id, unfinished))
        return int(self._connection.execute(query).scalar_one())

    def is_due(self, kinds: Collection[str], *, only_quick: bool = False, without: Collection[str] = ()) -> bool:
        """Whether a job of these kinds waits to be begun now, `without` those of these identifiers."""
        due = self._due(kinds, only_quick=only_quick, without=without)
        query = select(jobs.c.seq).where(*due).limit(1)
        return self._connection.execute(everywhere(query)).first() is not None

    def claim(
        self, owner: str, kinds: Collection[str], *, only_quick: bool = False, without: Collection[str] = ()
    ) -> StoredJob | None:
        """Begin the oldest of these kinds that is due; None where there is none. No two owners get the same.

        Args:
            owner: Who begins it.
            kinds: Those that it knows.
            only_quick: Whether long ones are left to others.
            without: Identifiers of jobs that the owner still works on, although another process gave them up: two
                attempts of one owner would end each other.
        """
        self.cancel_of_revoked_keys()
        query = (
            select(jobs.c.job_id)
            .where(*self._due(kinds, only_quick=only_quick, without=without))
            .order_by(jobs.c.seq)
            .limit(1)
            .with_for_update(skip_locked=True)  # SQLite has no such thing, and needs none: it has one writer
        )
        job_id = self._connection.execute(everywhere(query)).scalar()
        if job_id is None:
            return None
        now = database_now(self._connection)
        begun = {
            "state": JobState.RUNNING.value,
            "owner": owner,
            "attempt": jobs.c.attempt + 1,
            "started_at": now,
            "seen_alive_at": now,
            "due_at": None,
        }
        self._connection.execute(everywhere(jobs.update().where(jobs.c.job_id == job_id).values(begun)))
        job = self.get(job_id)
        self._lines.add(job.seq, f"begun (attempt {job.attempt})")
        return job

    def _due(self, kinds: Collection[str], *, only_quick: bool, without: Collection[str]) -> list[ColumnElement[bool]]:
        now = database_now(self._connection)
        conditions: list[ColumnElement[bool]] = [
            jobs.c.state == JobState.QUEUED.value,
            jobs.c.kind.in_(sorted(kinds)),
            or_(jobs.c.due_at.is_(None), jobs.c.due_at <= now),
        ]
        if without:
            conditions.append(jobs.c.job_id.not_in(sorted(without)))
        return [*conditions, jobs.c.is_quick] if only_quick else conditions

    def note(
        self,
        job_id: str,
        owner: str,
        *,
        progress: float | None = None,
        message: str | None = None,
        line: str | None = None,
    ) -> bool:
        """Say that a job is being worked on, and how far it is; the answer says whether it is wanted still."""
        values: dict[str, object] = {"seen_alive_at": database_now(self._connection)}
        if progress is not None:
            values["progress"] = progress
        if message is not None:
            values["message"] = message[:MAX_MESSAGE_LENGTH]
        self._change(job_id, owner, values, line=line)
        query = select(jobs.c.cancel_requested).where(
            jobs.c.job_id == job_id, jobs.c.owner == owner, jobs.c.state == JobState.RUNNING.value
        )
        return self._connection.execute(everywhere(query)).scalar() is False

    def succeed(self, job_id: str, owner: str, result: Json) -> None:
        """It has ended well."""
        self._end(job_id, owner, JobState.SUCCEEDED, {"progress": 1.0, "result": dict(result)}, line="succeeded")

    def fail(self, job_id: str, owner: str | None, failure: JobFailure) -> None:
        """It has ended badly."""
        error = {
            "code": failure.code,
            "message": failure.message,
            "field": failure.field,
            "value": failure.value,
            "limit": failure.limit,
        }
        line = f"failed ({failure.code}): {failure.message}"
        self._end(job_id, owner, JobState.FAILED, {"error": error}, line=line)

    def cancel(self, job_id: str, owner: str) -> None:
        """It has ended since it was not wanted any more."""
        self._end(job_id, owner, JobState.CANCELLED, {}, line="cancelled")

    def requeue(
        self,
        job_id: str,
        owner: str | None,
        why: str,
        *,
        pause_s: float = 0.0,
        n_lost: int | None = None,
        furthest: float | None = None,
    ) -> None:
        """Put it back, to be taken up again: before the jobs that came in later, after a pause.

        Args:
            job_id: Of a running job.
            owner: Whose it is.
            why: For its log.
            pause_s: Not before so many seconds.
            n_lost: How often it was lost in a row by now; None: as before.
            furthest: The largest progress of a lost attempt; None: as before.
        """
        due_at = database_now(self._connection) + timedelta(seconds=pause_s) if pause_s else None
        values: dict[str, object] = {
            "state": JobState.QUEUED.value,
            "owner": None,
            "seen_alive_at": None,
            "due_at": due_at,
        }
        if n_lost is not None:
            values["n_lost"] = n_lost
        if furthest is not None:
            values["furthest"] = furthest
        line = f"put back: {why}" + (f"; tried again after {pause_s:g} s" if pause_s else "")
        self._change(job_id, owner, values, line=line)

    def request_cancel(self, job_id: str) -> StoredJob:
        """Cancel a queued job, or ask for a running one's end; one that has ended stays as it is.

        Raises:
            NotFoundError: If there is no such job.
        """
        found = select(jobs.c.seq, jobs.c.state).where(jobs.c.job_id == self.get(job_id).job_id).with_for_update()
        seq, now_in = self._connection.execute(self._mine(found)).one()
        state = JobState(now_in)
        values: dict[str, object] = {"cancel_requested": True}
        if state is JobState.QUEUED:
            values |= {"state": JobState.CANCELLED.value, "finished_at": database_now(self._connection)}
        if not state.is_final:
            self._connection.execute(self._mine(jobs.update().where(jobs.c.job_id == job_id)).values(values))
            self._lines.add(seq, "cancelled" if state is JobState.QUEUED else "to be cancelled")
        return self.get(job_id)

    def cancel_of_revoked_keys(self) -> None:
        """Cancel what was queued with keys that are revoked by now, and hasn't begun; of all workspaces.

        A job that has begun goes on, and is tried again where its worker dies: a key that is replaced by another loses
        no work by it. Requests that were under way as the key was revoked may queue more, so whoever claims looks, too.
        """
        revoked = select(api_keys.c.key_id).where(api_keys.c.revoked_at.is_not(None))
        is_not_begun = (jobs.c.state == JobState.QUEUED.value) & (jobs.c.attempt == 0)
        query = select(jobs.c.seq, jobs.c.key_id).where(is_not_begun, jobs.c.key_id.in_(revoked)).with_for_update()
        found = self._connection.execute(everywhere(query.order_by(jobs.c.seq))).all()
        ended = {
            "cancel_requested": True,
            "state": JobState.CANCELLED.value,
            "finished_at": database_now(self._connection),
        }
        for seq, key_id in found:
            self._connection.execute(everywhere(jobs.update().where(jobs.c.seq == seq).values(ended)))
            self._lines.add(seq, f"cancelled: the key {key_id} that had queued it was revoked")

    def drop_ended(self, *, max_stored: int) -> None:
        """Forget the oldest of the jobs that ended, beyond so many."""
        final = jobs.c.state.in_([state.value for state in JobState if state.is_final])
        counted = self._mine(select(func.count()).select_from(jobs).where(final))
        excess = self._connection.execute(counted).scalar_one() - max_stored
        if excess > 0:
            oldest = self._mine(select(jobs.c.seq).where(final)).order_by(jobs.c.seq).limit(excess)
            self._connection.execute(self._mine(delete(jobs).where(jobs.c.seq.in_(oldest))))

    def _mine(self, statement: Statement) -> Statement:
        """A statement about the workspace's jobs; on an unbound connection, about all."""
        if bound_workspace(self._connection) is None:
            return everywhere(statement)
        return statement.where(own(self._connection, jobs))

    def _end(self, job_id: str, owner: str | None, state: JobState, values: dict[str, object], *, line: str) -> None:
        ended = {"state": state.value, "finished_at": database_now(self._connection), **values}
        self._change(job_id, owner, ended, line=line)

    def _change(self, job_id: str, owner: str | None, values: dict[str, object], *, line: str | None) -> None:
        at_it = (jobs.c.job_id == job_id) & (jobs.c.owner == owner) & (jobs.c.state == JobState.RUNNING.value)
        change = jobs.update().where(at_it).values(values).returning(jobs.c.seq)
        changed = self._connection.execute(everywhere(change)).scalar()
        if changed is not None and line:
            self._lines.add(changed, line)
