"""One attempt at a job, and how its outcome is stored."""

import structlog

from learning.job_context import JobCancelledError, JobContext, JobInterruptedError
from service.file_failures import file_failures_named
from service.jobs.kinds import JobKind
from service.jobs.losses import Loss
from store.connections.database import Database, to_json
from store.jobs import JobRepository
from store.stored_job import Json, StoredJob
from warmtune.vocabulary.errors import StorageFullError, UnavailableError, WarmtuneError
from warmtune.vocabulary.job import JobFailure
from warmtune.vocabulary.work import work_checked_by


class JobRequeuedError(JobInterruptedError):
    """A resource that the job needs is unavailable; the job is queued again."""


Outcome = Json | JobFailure | JobCancelledError | JobInterruptedError


def attempt(kind: JobKind, context: JobContext, request: Json) -> Outcome:
    """Do the work, whose long loops look whether it is wanted still; an exception is an outcome, too."""
    try:
        with file_failures_named("the job's files"), work_checked_by(context.check):
            result = kind.work(context, request)
        to_json(result)  # what is no JSON is the work's own fault, and must not fail where it is written
    except (JobCancelledError, JobInterruptedError) as ended:
        return ended
    except (UnavailableError, StorageFullError) as error:
        if kind.is_resumable:  # it is not the job's fault: it goes on when the database, or its room, is there again
            structlog.get_logger().warning("job_put_back", job_id=context.job_id, code=error.code, detail=error.message)
            return JobRequeuedError(error.message)
        return JobFailure(error.code, error.message, error.field, error.value, error.limit)
    except WarmtuneError as error:
        structlog.get_logger().warning("job_failed", job_id=context.job_id, code=error.code, detail=error.message)
        return JobFailure(error.code, error.message, error.field, error.value, error.limit)
    except Exception:  # noqa: BLE001  # the edge of a background job: the log has it, the service goes on
        structlog.get_logger().exception("job_failed", job_id=context.job_id)
        return JobFailure("internal_error", "something failed that should not have; the log has it under the job's id")
    return result


def write_outcome(database: Database, job: StoredJob, kind: JobKind, outcome: Outcome, *, max_attempts: int) -> None:
    """Store the outcome of an attempt.

    Args:
        database: Of the job.
        job: As it was claimed.
        kind: Its kind.
        outcome: What came of it.
        max_attempts: So often in a row is a job tried that finds what it needs away.

    Raises:
        UnavailableError: If the database is away.
        StorageFullError: If it has no room.
        NotFoundError: If an interrupted job was deleted with its workspace.
    """
    owner = job.owner or ""
    with database.writing() as connection:
        repository = JobRepository(connection)
        if isinstance(outcome, JobCancelledError):
            repository.cancel(job.job_id, owner)
        elif isinstance(outcome, JobInterruptedError):
            now = repository.get(job.job_id)  # how far it got, and whether it is to be cancelled
            if now.owner == job.owner:
                limit = max_attempts if isinstance(outcome, JobRequeuedError) else None
                leave(repository, now, kind, outcome.message, max_losses=limit)
        elif isinstance(outcome, JobFailure):
            repository.fail(job.job_id, owner, outcome)
        else:
            repository.succeed(job.job_id, owner, outcome)


def leave(
    repository: JobRepository, job: StoredJob, kind: JobKind | None, why: str, *, max_losses: int | None = None
) -> None:
    """Put an interrupted job back into the queue, or let it fail.

    Args:
        repository: Of a writing transaction.
        job: Running, as it is now.
        kind: Its kind, or None where this service doesn't know it.
        why: For its log.
        max_losses: A job whose attempts were lost so often in a row, none of which got further than those before, may
            be what ends its process: it fails. Before that, each attempt waits twice as long as the one before. None:
            it was interrupted on purpose, which doesn't count, and is due at once.
    """
    if job.cancel_requested:
        repository.cancel(job.job_id, job.owner or "")
        return
    if kind is None or not kind.is_resumable:
        message = "the service stopped while the job was under way, and this kind can't be taken up again: repeat it"
        repository.fail(job.job_id, job.owner, JobFailure("job_interrupted", message))
        return
    if max_losses is None:
        repository.requeue(job.job_id, job.owner, why)
        return
    loss = Loss.of(job)
    if loss.n_lost >= max_losses:
        message = f"{loss.n_lost} attempts in a row got no further before their process, or what they need, went away"
        failure = JobFailure("job_abandoned", message, "max_job_attempts", str(loss.n_lost), str(max_losses))
        repository.fail(job.job_id, job.owner, failure)
        return
    repository.requeue(job.job_id, job.owner, why, pause_s=loss.pause_s, n_lost=loss.n_lost, furthest=loss.furthest)
