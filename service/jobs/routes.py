"""Routes of jobs."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, status

from service.http.documentation import problems
from service.http.page_request import AskedPage
from service.http.route import ApiRoute
from service.jobs import usecases
from service.services import UsesServices
from warmtune.vocabulary.job import JobState
from warmtune.wire.jobs import JobLogPage, JobPage, JobResponse

JobId = Annotated[str, Path(description="A job")]

router = APIRouter(prefix="/v1/jobs", tags=["Jobs"], route_class=ApiRoute)


@router.get("", operation_id="list_jobs", summary="List jobs", responses=problems(422))
def list_jobs(
    services: UsesServices,
    page: AskedPage,
    kind: Annotated[str | None, Query(max_length=100, description="Only objects of this kind")] = None,
    state: Annotated[JobState | None, Query(description="Only jobs in this state")] = None,
) -> JobPage:
    """Jobs that wait, run or have ended, newest first; the oldest ended ones are deleted in time."""
    return JobPage.from_domain(usecases.list_jobs(services, page, kind=kind, state=state))


@router.get("/{job_id}", operation_id="get_job", summary="Read a job", responses=problems(404))
def get_job(services: UsesServices, job_id: JobId) -> JobResponse:
    """A job's state, progress, and result or failure."""
    return JobResponse.from_domain(usecases.get_job(services, job_id).job)


@router.get("/{job_id}/log", operation_id="get_job_log", summary="Read a job's log", responses=problems(404, 422))
def get_job_log(services: UsesServices, job_id: JobId, page: AskedPage) -> JobLogPage:
    """A job's log, oldest line first: attempts, steps, and why it ended; the last 1,000 lines."""
    return JobLogPage.from_domain(usecases.get_job_log(services, job_id, page))


@router.delete(
    "/{job_id}",
    operation_id="cancel_job",
    summary="Cancel a job",
    responses={202: {"model": JobResponse, "description": "It runs, and will end soon"}, **problems(404)},
)
def cancel_job(services: UsesServices, response: Response, job_id: JobId) -> JobResponse:
    """Cancel: a queued job at once (200), a running one at its next check (202); an ended one doesn't change."""
    job = services.jobs.cancel(job_id)
    response.status_code = status.HTTP_200_OK if job.state.is_final else status.HTTP_202_ACCEPTED
    return JobResponse.from_domain(job.job)
