"""`warmtune explain`: on which kinds of tasks what wins."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from warmtune.cli.options import FormatOption, KeyOption, OutputFormat, UrlOption
from warmtune.client import Client
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind


def explain(  # noqa: PLR0913  # typer reads the options from the signature
    search_space: Annotated[str, typer.Argument(help="A registered name.")],
    *,
    kind: Annotated[TaskKind, typer.Option(help="The kind of task.")],
    metric: Annotated[str | None, typer.Option(help="By default accuracy, or r2 for regression.")] = None,
    direction: Annotated[Direction | None, typer.Option(help="For metrics that Warmtune doesn't know.")] = None,
    by: Annotated[str | None, typer.Option(help="A parameter whose choices compete; by default regions do.")] = None,
    task: Annotated[str | None, typer.Option(help="A stored task: the sentence is about it then.")] = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Print on which kinds of tasks which configurations win: a sentence and a tree over meta-features."""
    with Client(url, api_key=api_key) as client:
        found = client.explain(search_space, kind=kind, metric=metric, direction=direction, by=by, task_id=task)
    if output_format is OutputFormat.JSON:
        typer.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False))
    else:
        typer.echo(str(found))
