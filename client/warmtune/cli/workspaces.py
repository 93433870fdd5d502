"""`warmtune workspaces`: teams that share a service and see nothing of each other."""

from dataclasses import asdict
from typing import Annotated

import typer

from warmtune.cli.options import FormatOption, KeyOption, OutputFormat, UrlOption
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.vocabulary.exit_codes import exiting
from warmtune.vocabulary.page import every_item
from warmtune.vocabulary.rendering import plain_table, render

NameArgument = Annotated[str, typer.Argument(help="Lower-case letters, digits, '-' and '_'.")]

workspaces = typer.Typer(help="Create, list and delete workspaces.", no_args_is_help=True, add_completion=False)


@workspaces.command()
@exiting
def create(name: NameArgument, *, url: UrlOption = None, api_key: KeyOption = None) -> None:
    """Create a workspace; then create keys for it: `warmtune keys create ... --workspace NAME`."""
    with Client(url, api_key=api_key) as client:
        made = client.create_workspace(name)
    say(f"{made.name} is there")


@workspaces.command("list")
@exiting
def list_workspaces(
    *, url: UrlOption = None, api_key: KeyOption = None, output_format: FormatOption = OutputFormat.TABLE
) -> None:
    """List workspaces, newest first."""
    with Client(url, api_key=api_key) as client:
        found = tuple(every_item(lambda cursor: client.list_workspaces(limit=500, cursor=cursor)))
    if output_format is OutputFormat.JSON:
        bodies = [asdict(one) | {"created_at": one.created_at.isoformat()} for one in found]
        say_json(bodies)
        return
    table = plain_table()
    table.add_column("workspace", no_wrap=True)
    table.add_column("keys", justify="right")
    table.add_column("since", no_wrap=True)
    for one in found:
        table.add_row(one.name, str(one.n_keys), f"{one.created_at:%Y-%m-%d}")
    say(render(table))


@workspaces.command()
@exiting
def delete(
    name: NameArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Delete a workspace with all its tasks, studies, models, jobs and keys, for good."""
    if not yes:
        typer.confirm(f"Delete {name} with everything in it?", abort=True)
    with Client(url, api_key=api_key) as client:
        client.delete_workspace(name)
    say(f"{name} is deleted")
