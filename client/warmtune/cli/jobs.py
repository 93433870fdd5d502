"""`warmtune jobs`: long work in the background."""

import time
from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.text import Text

from warmtune.cli.options import FormatOption, KeyOption, LimitOption, OutputFormat, UrlOption
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.vocabulary.exit_codes import ExitCode
from warmtune.vocabulary.job import Job, JobLine, JobState
from warmtune.vocabulary.rendering import plain_table, render
from warmtune.wire.jobs import JobLineBody, JobResponse

FOLLOW_EVERY_S: Final = 1.0


def jobs(  # noqa: PLR0913  # typer reads the options from the signature
    job_id: Annotated[
        str | None, typer.Argument(help="Job to print with its log; by default all jobs are listed.")
    ] = None,
    *,
    kind: Annotated[str | None, typer.Option(help="Only jobs of this kind: refit, import, ...")] = None,
    state: Annotated[JobState | None, typer.Option(help="Only jobs in this state.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print the job's log until it has ended.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel the job.")] = False,
    limit: LimitOption = 50,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """List jobs, newest first; or print, follow or cancel one."""
    if job_id is None and (follow or cancel):
        raise typer.BadParameter("name the job", param_hint="JOB_ID")
    with Client(url, api_key=api_key) as client:
        if job_id is None:
            found = client.list_jobs(kind=kind, state=state, limit=limit).items
            if output_format is OutputFormat.JSON:
                say_json([JobResponse.from_domain(job).model_dump(mode="json") for job in found])
            else:
                say(_as_table(found))
            return
        job = client.cancel_job(job_id) if cancel else client.get_job(job_id)
        if output_format is OutputFormat.JSON:
            lines = list(_lines(client, job_id, follow=follow))
            body = JobResponse.from_domain(client.get_job(job_id)).model_dump(mode="json")
            said = [JobLineBody.from_domain(line).model_dump(mode="json") for line in lines]
            say_json(body | {"log": said})
        else:
            for line in _lines(client, job_id, follow=follow):
                say(f"{line.at.astimezone():%Y-%m-%d %H:%M:%S}  {line.text}")
            job = client.get_job(job_id)
            say(f"{job.kind}: {job.state}, {job.progress:.0%}")
    if follow and job.state is JobState.FAILED:
        raise typer.Exit(ExitCode.SERVICE_FAILED)


def _lines(client: Client, job_id: str, *, follow: bool) -> Iterator[JobLine]:
    """All lines so far, and with `follow` all that come until the job has ended."""
    cursor: str | None = None
    seen = 0
    while True:
        has_ended = client.get_job(job_id).state.is_final  # asked before its lines, so that the last ones are there
        while True:
            page = client.get_job_log(job_id, limit=500, cursor=cursor)
            yield from (line for line in page.items if line.number > seen)
            seen = max([seen, *(line.number for line in page.items)])
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        if has_ended or not follow:
            return
        time.sleep(FOLLOW_EVERY_S)


def _as_table(found: tuple[Job, ...]) -> str:
    table = plain_table()
    table.add_column("job", no_wrap=True)  # in one piece, to be copied
    table.add_column("kind", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("message", overflow="fold")
    for job in found:
        message = job.failure.message if job.failure is not None else job.message
        table.add_row(job.job_id, Text(job.kind), job.state, f"{job.progress:.0%}", Text(message))
    return render(table)
