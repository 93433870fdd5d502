"""Jobs that run: signs of life, which are unwanted by now, and which nobody works on any more; of all workspaces."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from store.connections.clock import now_within
from store.connections.scope import everywhere
from store.stored_job import StoredJob, stored_job
from store.tables import jobs
from warmtune.vocabulary.job import JobState

_RUNNING = jobs.c.state == JobState.RUNNING.value


class RunningJobRepository:
    """Reads and writes signs of life within one transaction.

    Looking at running jobs locks none of them: whoever looks may be slow, and owners must not wait for it to say that
    they are alive.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[StoredJob, ...]:
        """Jobs that some process runs, or ran when it died, in the order of their arrival."""
        query = select(jobs).where(_RUNNING).order_by(jobs.c.seq)
        return tuple(stored_job(row) for row in self._connection.execute(everywhere(query)).mappings())

    def keep_alive(self, job_ids: Collection[str], owner: str) -> None:
        """Give a sign of life for those of these jobs that are still the owner's, in one statement."""
        own = jobs.c.job_id.in_(sorted(job_ids)) & (jobs.c.owner == owner) & _RUNNING
        self._connection.execute(
            everywhere(jobs.update().where(own).values(seen_alive_at=now_within(self._connection)))
        )

    def unwanted(self, job_ids: Collection[str], owner: str) -> frozenset[str]:
        """Which of these jobs their owner must stop: cancelled, or taken over by another process."""
        wanted = select(jobs.c.job_id).where(
            jobs.c.job_id.in_(sorted(job_ids)), jobs.c.owner == owner, _RUNNING, jobs.c.cancel_requested.is_(False)
        )
        return frozenset(job_ids).difference(self._connection.execute(everywhere(wanted)).scalars())

    def unchanged(self, job: StoredJob) -> StoredJob | None:
        """A running job, locked, if its owner has given no sign of life since it was read; else None.

        So of several processes that want to give it up one does, and an owner that comes back in time keeps it.
        """
        same = select(jobs).where(jobs.c.job_id == job.job_id, jobs.c.owner == job.owner, _RUNNING)
        row = self._connection.execute(everywhere(same.with_for_update())).mappings().first()
        return None if row is None or row["seen_alive_at"] != job.seen_alive_at else stored_job(row)
