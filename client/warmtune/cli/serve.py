"""`warmtune serve`: start the service where it is installed."""

from typing import Annotated

import typer

from warmtune.cli.installed_service import DatabaseOption, SettingsOption, installed_service
from warmtune.vocabulary.errors import InvalidInputError


def serve(
    *,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on; 0.0.0.0 means all addresses. Default: WARMTUNE_HOST, or 127.0.0.1.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port to listen on; 0 for a free one. Default: WARMTUNE_PORT, or 8000.",
            show_default=False,
        ),
    ] = None,
    database_url: DatabaseOption = None,
    settings_file: SettingsOption = None,
    jobs: Annotated[
        bool | None,
        typer.Option(
            "--jobs/--no-jobs", help="Run jobs in the service, or leave them to `warmtune worker`.", show_default=False
        ),
    ] = None,
) -> None:
    """Start the service, with the embedded database unless configured otherwise, until it is interrupted."""
    with installed_service(database_url, settings_file):
        # an application of its own: often not installed
        from service.server import read_settings  # noqa: PLC0415
        from service.server import serve as run  # noqa: PLC0415

        settings = read_settings()
        if jobs is not None:
            settings = settings.model_copy(update={"run_jobs": jobs})
        try:
            run(host or settings.host, settings.port if port is None else port, settings=settings)
        except OSError as error:
            place = f"{host or settings.host}:{settings.port if port is None else port}"
            raise InvalidInputError(f"can't serve there: {error}", field="port", value=place) from error
