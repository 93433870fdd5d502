"""One attempt at a job, and how its outcome is stored."""

import structlog

from learning.job_context import JobCancelledError, JobContext, JobInterruptedError
from service.jobs.kinds import JobKind
from store.connections.database import Database, to_json
from store.jobs import JobRepository
from store.stored_job import Json, StoredJob
from warmtune.vocabulary.errors import StorageFullError, UnavailableError, WarmtuneError
from warmtune.vocabulary.job import JobFailure

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


class JobRequeuedError(JobInterruptedError):
    """A resource that the job needs is unavailable; the job is queued again."""


Outcome = Json | JobFailure | JobCancelledError | JobInterruptedError


def attempt(kind: JobKind, context: JobContext, request: Json) -> Outcome:
    """Do the work; an exception is an outcome, too."""
    try:
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
        max_attempts: So often is a job tried that finds what it needs away.

    Raises:
        UnavailableError: If the database is away.
        StorageFullError: If it has no room.
    """
    owner = job.owner or ""
    with database.writing() as connection:
        repository = JobRepository(connection)
        if isinstance(outcome, JobCancelledError):
            repository.cancel(job.job_id, owner)
        elif isinstance(outcome, JobRequeuedError):
            leave(repository, job, kind, outcome.message, max_attempts=max_attempts)
        elif isinstance(outcome, JobInterruptedError):
            leave(repository, job, kind, outcome.message)
        elif isinstance(outcome, JobFailure):
            repository.fail(job.job_id, owner, outcome)
        else:
            repository.succeed(job.job_id, owner, outcome)


def leave(
    repository: JobRepository, job: StoredJob, kind: JobKind | None, why: str, *, max_attempts: int | None = None
) -> None:
    """Put an interrupted job back into the queue, or let it fail.

    Args:
        repository: Of a writing transaction.
        job: Running.
        kind: Its kind, or None where this service doesn't know it.
        why: For its log.
        max_attempts: A job that was begun so often already may be what kills its service: it fails. Before that, each
            attempt waits twice as long as the one before. None: it was interrupted on purpose, and is due at once.
    """
    if job.cancel_requested:
        repository.cancel(job.job_id, job.owner or "")
        return
    if kind is None or not kind.is_resumable:
        message = "the service stopped while the job was under way, and this kind can't be taken up again: repeat it"
        repository.fail(job.job_id, job.owner, JobFailure("job_interrupted", message))
        return
    if max_attempts is not None and job.attempt >= max_attempts:
        message = f"the job was begun {job.attempt} times, and its service, or what it needs, went away each time"
        failure = JobFailure("job_abandoned", message, "max_job_attempts", str(job.attempt), str(max_attempts))
        repository.fail(job.job_id, job.owner, failure)
        return
    pause_s = 0.0 if max_attempts is None else min(_FIRST_PAUSE_S * 2 ** (job.attempt - 1), _LONGEST_PAUSE_S)
    repository.requeue(job.job_id, job.owner, why, pause_s=pause_s)
