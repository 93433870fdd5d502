"""`warmtune audit`: who has written what."""

from dataclasses import asdict
from typing import Annotated

import typer

from warmtune.cli.options import FormatOption, KeyOption, LimitOption, OutputFormat, UrlOption
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.vocabulary.rendering import plain_table, render


def audit(  # typer reads the options from the signature
    *,
    caller: Annotated[str | None, typer.Option(help="Only writes by the key with this identifier.")] = None,
    workspace: Annotated[
        str | None, typer.Option(help="Another workspace's trail; needs an admin key of 'default'.")
    ] = None,
    limit: LimitOption = 50,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Print the newest writes, successful and refused: time, key, route and status."""
    with Client(url, api_key=api_key) as client:
        found = client.list_audit(caller=caller, workspace=workspace, limit=limit).items
    if output_format is OutputFormat.JSON:
        bodies = [asdict(entry) | {"at": entry.at.isoformat()} for entry in found]
        say_json(bodies)
        return
    table = plain_table()
    for title in ("when", "caller", "what", "object", "outcome"):
        table.add_column(title, no_wrap=title in ("when", "caller"), overflow="fold")
    for entry in found:
        outcome = str(entry.status) if entry.code is None else f"{entry.status} {entry.code}"
        when = f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(when, entry.caller, f"{entry.method} {entry.route}", entry.object or "", outcome)
    say(render(table))
