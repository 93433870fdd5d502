"""Jobs: long work that the service does in the background."""

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.vocabulary.job import Job, JobLine, JobState
from warmtune.vocabulary.page import Page
from warmtune.wire.answers import reader
from warmtune.wire.jobs import JobLogPage, JobPage, JobResponse


def get_job(job_id: str) -> Call[Job]:
    """Where a job stands, how far it is, and its result or failure.

    Raises:
        NotFoundError: If there is no such job.
    """
    return Call("GET", f"/v1/jobs/{quoted(job_id, 'job_id')}", reader(JobResponse))


def get_job_log(job_id: str, *, limit: int = PAGE_SIZE, cursor: str | None = None) -> Call[Page[JobLine]]:
    """A page of what a job did, line by line, oldest first.

    Args:
        job_id: The job.
        limit: Lines of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.

    Raises:
        NotFoundError: If there is no such job.
    """
    path = f"/v1/jobs/{quoted(job_id, 'job_id')}/log"
    return Call("GET", path, reader(JobLogPage), query=query(limit=limit, cursor=cursor))


def list_jobs(
    *, kind: str | None = None, state: JobState | None = None, limit: int = PAGE_SIZE, cursor: str | None = None
) -> Call[Page[Job]]:
    """A page of jobs, newest first.

    Args:
        kind: Of this kind only.
        state: In this state only.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    asked = query(kind=kind, state=state, limit=limit, cursor=cursor)
    return Call("GET", "/v1/jobs", reader(JobPage), query=asked)


def cancel_job(job_id: str) -> Call[Job]:
    """Cancel a job: at once while it is queued, soon while it runs; one that has ended stays as it is.

    Raises:
        NotFoundError: If there is no such job.
    """
    return Call("DELETE", f"/v1/jobs/{quoted(job_id, 'job_id')}", reader(JobResponse))
