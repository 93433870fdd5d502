"""`warmtune export`: stored studies as an Optuna storage, a table or a meta-dataset folder."""

from dataclasses import asdict
from typing import Annotated

import typer

from warmtune.cli.options import FormatOption, KeyOption, OutputFormat, UrlOption
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.vocabulary.rendering import folded


def export(
    target: Annotated[
        str, typer.Argument(help="A .db, .log, .csv, .json or .parquet file, an Optuna storage's URL, or a folder.")
    ],
    *,
    task: Annotated[
        str | None, typer.Option(help="Only studies of this task, an identifier that `warmtune tasks` lists.")
    ] = None,
    search_space: Annotated[str | None, typer.Option(help="Only studies over this search space.")] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="Include the studies of the shipped knowledge base.")
    ] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Write stored studies as an Optuna storage, a table or a meta-dataset; `warmtune import` reads each of them."""
    with Client(url, api_key=api_key) as client:
        report = client.export_history(target, task_id=task, search_space=search_space, shipped=shipped)
    if output_format is OutputFormat.JSON:
        say_json(asdict(report))
        return
    say(f"{target}: {report.n_studies} studies, {report.n_trials:,} trials ({report.form})")
    for note in report.notes:
        say(folded(f"Note: {note}"))
