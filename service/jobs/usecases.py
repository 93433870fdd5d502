"""Looking at jobs."""

from service.services import Services
from store.job_lines import JobLineRepository
from store.jobs import JobRepository
from store.pages import PageRequest
from store.stored_job import StoredJob
from warmtune.vocabulary.job import Job, JobLine, JobState
from warmtune.vocabulary.page import Page


def get_job(services: Services, job_id: str) -> StoredJob:
    """A job."""
    with services.database.reading() as connection:
        return JobRepository(connection).get(job_id)


def get_job_log(services: Services, job_id: str, page: PageRequest) -> Page[JobLine]:
    """What a job did, line by line, oldest first."""
    with services.database.reading() as connection:
        job = JobRepository(connection).get(job_id)
        return JobLineRepository(connection).page(job.seq, page)


def list_jobs(services: Services, page: PageRequest, *, kind: str | None, state: JobState | None) -> Page[Job]:
    """Jobs, newest first."""
    with services.database.reading() as connection:
        return JobRepository(connection).page(page, kind=kind, state=state).map(lambda stored: stored.job)
