"""Jobs on the wire."""

from dataclasses import asdict, fields
from datetime import datetime

from pydantic import Field, FiniteFloat, JsonValue

from warmtune.vocabulary.job import Job, JobFailure, JobLine, JobState
from warmtune.wire import job_examples
from warmtune.wire.base import ResponseBody, with_example
from warmtune.wire.pages import PageBody


class JobFailureBody(ResponseBody):
    """Why a job failed."""

    code: str = Field(description="Stable, machine-readable name of the failure")
    message: str
    field: str | None = None
    value: str | None = None
    limit: str | None = None


class JobResponse(ResponseBody):
    """A job: long work that the service does in the background."""

    model_config = with_example(job_examples.JOB)

    job_id: str
    kind: str
    state: JobState
    progress: FiniteFloat = Field(description="From 0 to 1")
    message: str = Field(description="Current or last step")
    request: dict[str, JsonValue] = Field(description="Request of the job")
    result: dict[str, JsonValue] | None = Field(default=None, description="Result, if the job succeeded")
    failure: JobFailureBody | None = Field(default=None, description="Error, if the job failed")
    cancel_requested: bool
    attempt: int = Field(description="Number of attempts; a job is started again if its service stopped")
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def to_domain(self) -> Job:
        """The job."""
        failure = self.failure
        return Job(
            job_id=self.job_id,
            kind=self.kind,
            request=self.request,
            state=self.state,
            progress=self.progress,
            message=self.message,
            result=self.result,
            failure=None
            if failure is None
            else JobFailure(failure.code, failure.message, failure.field, failure.value, failure.limit),
            cancel_requested=self.cancel_requested,
            attempt=self.attempt,
            created_at=self.created_at,
            started_at=self.started_at,
            finished_at=self.finished_at,
        )

    @classmethod
    def from_domain(cls, job: Job) -> "JobResponse":
        """The body of a job."""
        said = {field.name: getattr(job, field.name) for field in fields(job)}
        return cls.model_validate(said | {"failure": None if job.failure is None else asdict(job.failure)})


class JobPage(PageBody[JobResponse, Job]):
    """A page of jobs, newest first."""

    model_config = with_example(job_examples.JOB_PAGE)


class JobLineBody(ResponseBody):
    """A line of a job's log."""

    model_config = with_example(job_examples.JOB_LINE)

    number: int = Field(description="Line number, from 1; only the last 1,000 lines are stored")
    at: datetime
    text: str

    def to_domain(self) -> JobLine:
        """The line."""
        return JobLine(self.number, self.at, self.text)

    @classmethod
    def from_domain(cls, line: JobLine) -> "JobLineBody":
        """The body of a line."""
        return cls(number=line.number, at=line.at, text=line.text)


class JobLogPage(PageBody[JobLineBody, JobLine]):
    """A page of a job's log, oldest line first."""

    model_config = with_example(job_examples.JOB_LOG)
