"""`warmtune tasks`: what the service keeps."""

import json

import typer

from warmtune.cli.options import DEFAULT_URL, FormatOption, KeyOption, LimitOption, OutputFormat, UrlOption
from warmtune.client import Client
from warmtune.rendering import plain_table, render
from warmtune.results import TaskSummary

_PAGE = 100


def tasks(
    *,
    limit: LimitOption = 100,
    url: UrlOption = DEFAULT_URL,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """List the tasks that the service keeps."""
    with Client(url, api_key=api_key) as client:
        found = _first(client, limit)
    if output_format is OutputFormat.JSON:
        bodies = [
            {"task_id": t.task_id, "name": t.name, "kind": t.kind, "created_at": t.created_at.isoformat()}
            for t in found
        ]
        typer.echo(json.dumps(bodies, indent=2, ensure_ascii=False))
        return
    table = plain_table("task", "name", "kind", "since")
    for task in found:
        table.add_row(task.task_id, task.name, task.kind, f"{task.created_at:%Y-%m-%d}")
    typer.echo(render(table))


def _first(client: Client, limit: int) -> list[TaskSummary]:
    """The first `limit` tasks, page by page."""
    found: list[TaskSummary] = []
    cursor: str | None = None
    while len(found) < limit:
        page = client.list_tasks(limit=min(_PAGE, limit - len(found)), cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return found
