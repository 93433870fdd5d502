"""`warmtune explain`: on which kinds of tasks what wins."""

from dataclasses import asdict
from typing import Annotated

import typer

from warmtune.cli.options import (
    FormatOption,
    KeyOption,
    OutputFormat,
    PastDirectionOption,
    PastKindOption,
    PastMetricOption,
    UrlOption,
)
from warmtune.cli.saying import say, say_json
from warmtune.client import Client


def explain(  # noqa: PLR0913  # typer reads the options from the signature
    search_space: Annotated[str, typer.Argument(help="A registered name.")],
    *,
    kind: PastKindOption,
    metric: PastMetricOption = None,
    direction: PastDirectionOption = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Categorical parameter whose choices are compared; by default regions of the search space are."
        ),
    ] = None,
    task: Annotated[str | None, typer.Option(help="Stored task that the sentence is about.")] = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Print which configurations win on which kinds of tasks: a sentence and a decision tree over meta-features."""
    with Client(url, api_key=api_key) as client:
        found = client.explain(search_space, kind=kind, metric=metric, direction=direction, by=by, task_id=task)
    if output_format is OutputFormat.JSON:
        say_json(asdict(found))
    else:
        say(str(found))
