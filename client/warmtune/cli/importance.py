"""`warmtune importance`: which parameters matter on past tasks."""

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
from warmtune.vocabulary.rendering import importance_text


def importance(
    search_space: Annotated[str, typer.Argument(help="A registered name.")],
    *,
    kind: PastKindOption,
    metric: PastMetricOption = None,
    direction: PastDirectionOption = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Print which parameters matter on past tasks, and the ranges in which good values lie."""
    with Client(url, api_key=api_key) as client:
        found = client.parameter_importance(search_space, kind=kind, metric=metric, direction=direction)
    if output_format is OutputFormat.JSON:
        say_json(asdict(found))
    else:
        say(importance_text(found))
