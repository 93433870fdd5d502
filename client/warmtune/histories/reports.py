"""What a finished import reports, or why it failed."""

from warmtune.rest.problems import error_from_job
from warmtune.vocabulary.errors import ServiceError
from warmtune.vocabulary.history import ImportReport
from warmtune.vocabulary.job import Job
from warmtune.wire.import_reports import read_import_report


def report_of(job: Job) -> ImportReport:
    """The report of a job that has ended.

    Raises:
        WarmtuneError: Why it failed.
        ServiceError: If it was cancelled.
    """
    if job.failure is not None:
        raise error_from_job(job.failure)
    if job.result is None:
        raise ServiceError(f"the import ended without a report: it is {job.state}", field="job_id", value=job.job_id)
    return read_import_report(job.result)
