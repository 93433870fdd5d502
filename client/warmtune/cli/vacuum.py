"""`warmtune vacuum`: forget what is old in a service's database, and give room back."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Annotated

import typer

from warmtune.cli.installed_service import DatabaseOption, SettingsOption, installed_service
from warmtune.cli.options import FormatOption, OutputFormat
from warmtune.cli.saying import say, say_json


def vacuum(
    *,
    jobs_days: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Delete jobs that ended more than this many days ago.  [default: WARMTUNE_RETENTION_JOBS_DAYS, 30]",
        ),
    ] = None,
    studies_days: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Delete finished studies created more than this many days ago, with their trials."
            "  [default: WARMTUNE_RETENTION_STUDIES_DAYS, none]",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be deleted.")] = False,
    database_url: DatabaseOption = None,
    settings_file: SettingsOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Delete old rows, free their disk space and refresh the database's statistics."""
    with installed_service(database_url, settings_file):
        from service.backups import retention_ages  # noqa: PLC0415  # often not installed
        from service.backups import vacuum as run  # noqa: PLC0415
        from service.server import read_settings  # noqa: PLC0415

        settings = read_settings()
        ages = retention_ages(settings)
        if jobs_days is not None:
            ages = replace(ages, jobs=timedelta(days=jobs_days))
        if studies_days is not None:
            ages = replace(ages, studies=timedelta(days=studies_days))
        done = run(settings, ages, dry_run=dry_run)
    if output_format is OutputFormat.JSON:
        say_json(asdict(done))
        return
    counts = done.expired
    say(
        f"{counts.n_jobs:,} jobs, {counts.n_answers:,} answers, {counts.n_audit:,} rows of the audit trail, "
        f"{counts.n_studies:,} studies with {counts.n_trials:,} trials {'would be ' if dry_run else ''}forgotten"
    )
    if not dry_run:
        say(f"{done.bytes_before / 1e6:.1f} MB before, {done.bytes_after / 1e6:.1f} MB after")
