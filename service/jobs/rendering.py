"""Jobs as answers."""

from store.jobs import StoredJob
from warmtune.wire.jobs import JobResponse


def job_response(job: StoredJob) -> JobResponse:
    """What is said of a job; which service runs it is nobody's business."""
    failure = job.failure
    return JobResponse.model_validate(
        {
            "job_id": job.job_id,
            "kind": job.kind,
            "state": job.state,
            "progress": job.progress,
            "message": job.message,
            "request": job.request,
            "result": job.result,
            "failure": None
            if failure is None
            else {
                "code": failure.code,
                "message": failure.message,
                "field": failure.field,
                "value": failure.value,
                "limit": failure.limit,
            },
            "cancel_requested": job.cancel_requested,
            "attempt": job.attempt,
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
        }
    )
