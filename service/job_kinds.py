"""All kinds of job that the service does."""

from service.jobs.kinds import JobKinds


def job_kinds() -> JobKinds:
    """The kinds, each made with what its work needs."""
    return JobKinds(())
