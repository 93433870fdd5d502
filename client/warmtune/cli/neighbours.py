"""`warmtune neighbours`: the stored tasks that are most similar to one of them."""

from dataclasses import asdict
from typing import Annotated

import typer

from warmtune.cli.options import FormatOption, KeyOption, OutputFormat, UrlOption
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.vocabulary.rendering import plain_table, render


def neighbours(
    task_id: Annotated[str, typer.Argument(help="Identifier of the task, as `warmtune tasks` lists it.")],
    *,
    n: Annotated[int, typer.Option("--n", min=1, help="Largest number of rows.")] = 10,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """List the past tasks that are most similar to a stored one, most similar first."""
    with Client(url, api_key=api_key) as client:
        found = client.neighbours(task_id, n=n)
    if output_format is OutputFormat.JSON:
        bodies = [asdict(neighbour) for neighbour in found]
        say_json(bodies)
        return
    table = plain_table()
    table.add_column("similarity", no_wrap=True, justify="right")
    table.add_column("name", overflow="fold")
    table.add_column("task", no_wrap=True)  # in one piece, to be copied
    for near in found:
        table.add_row(f"{near.similarity:.3f}" if near.n_shared else "unknown", near.task_name, near.task_id)
    say(render(table))
    for reason in dict.fromkeys(near.reason for near in found if near.reason):
        say(f"unknown: {reason}")
