"""`warmtune worker`: work on jobs where the service is installed."""

from typing import Annotated

import typer

from warmtune.cli.installed_service import DatabaseOption, SettingsOption, installed_service


def worker(
    *,
    database_url: DatabaseOption = None,
    settings_file: SettingsOption = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Number of jobs that run at the same time; by default WARMTUNE_JOB_WORKERS, or 1."),
    ] = None,
) -> None:
    """Run the jobs in the services' database until interrupted; several workers may run at once."""
    with installed_service(database_url, settings_file):
        from service.server import read_settings  # noqa: PLC0415  # an application of its own: often not installed
        from service.worker import work  # noqa: PLC0415

        settings = read_settings()
        work(settings if jobs is None else settings.model_copy(update={"job_workers": jobs}))
