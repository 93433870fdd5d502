"""Looking at jobs."""

from service.services import Services
from store.jobs import JobRepository, StoredJob
from store.pages import PageRequest
from warmtune.vocabulary.job import Job, JobState
from warmtune.vocabulary.page import Page


def get_job(services: Services, job_id: str) -> StoredJob:
    """A job."""
    with services.database.reading() as connection:
        return JobRepository(connection).get(job_id)


def list_jobs(services: Services, page: PageRequest, *, kind: str | None, state: JobState | None) -> Page[Job]:
    """Jobs, newest first."""
    with services.database.reading() as connection:
        return JobRepository(connection).page(page, kind=kind, state=state).map(lambda stored: stored.job)
