"""`warmtune vacuum`: forget what is old in a service's database, and give room back."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from warmtune.cli.installed_service import DatabaseOption, SettingsOption, installed_service
from warmtune.cli.options import FormatOption, OutputFormat


def vacuum(
    *,
    jobs_days: Annotated[float, typer.Option(min=0.0, help="Forget jobs that ended longer ago.")] = 30.0,
    database_url: DatabaseOption = None,
    settings_file: SettingsOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Forget old jobs and answers, give the room of deleted rows back, and refresh the database's statistics."""
    with installed_service(database_url, settings_file):
        from service.backups import vacuum as run  # noqa: PLC0415  # often not installed
        from service.server import read_settings  # noqa: PLC0415

        done = run(read_settings(), jobs_days=jobs_days)
    if output_format is OutputFormat.JSON:
        typer.echo(json.dumps(asdict(done), indent=2))
        return
    typer.echo(
        f"{done.n_jobs:,} jobs and {done.n_answers:,} answers forgotten; "
        f"{done.bytes_before / 1e6:.1f} MB before, {done.bytes_after / 1e6:.1f} MB after"
    )
