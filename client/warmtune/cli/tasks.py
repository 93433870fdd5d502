"""`warmtune tasks`: what the service stores."""

from dataclasses import asdict
from typing import Annotated

import typer

from warmtune.cli.options import FormatOption, KeyOption, LimitOption, OutputFormat, UrlOption
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.vocabulary.rendering import plain_table, render
from warmtune.vocabulary.task import TaskKind


def tasks(
    *,
    kind: Annotated[TaskKind | None, typer.Option(help="Only tasks of this kind.")] = None,
    limit: LimitOption = 100,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """List the stored tasks, newest first."""
    with Client(url, api_key=api_key) as client:
        found = client.list_tasks(kind=kind, limit=limit).items
    if output_format is OutputFormat.JSON:
        bodies = [asdict(task) | {"created_at": task.created_at.isoformat()} for task in found]
        say_json(bodies)
        return
    table = plain_table()
    table.add_column("task", no_wrap=True)  # in one piece, to be copied
    table.add_column("name", overflow="fold")
    table.add_column("kind", no_wrap=True)
    table.add_column("since", no_wrap=True)
    for task in found:
        table.add_row(task.task_id, task.name, task.kind, f"{task.created_at:%Y-%m-%d}")
    say(render(table))
