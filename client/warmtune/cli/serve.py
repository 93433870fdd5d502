"""`warmtune serve`: start the service where it is installed."""

from typing import Annotated

import typer

from warmtune.cli.installed_service import DatabaseOption, installed_service
from warmtune.vocabulary.errors import InvalidInputError


def serve(
    *,
    host: Annotated[
        str, typer.Option(envvar="WARMTUNE_HOST", help="Address to listen on; 0.0.0.0 for all of the machine's.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="WARMTUNE_PORT", min=0, max=65535, help="Port to listen on; 0 for a free one.")
    ] = 8000,
    database_url: DatabaseOption = None,
    jobs: Annotated[
        bool | None,
        typer.Option("--jobs/--no-jobs", help="Work on jobs, or leave them to `warmtune worker`.", show_default=False),
    ] = None,
) -> None:
    """Start the service, with the embedded database unless configured otherwise, until it is interrupted."""
    with installed_service(database_url):
        # an application of its own: often not installed
        from service.server import read_settings  # noqa: PLC0415
        from service.server import serve as run  # noqa: PLC0415

        settings = read_settings()
        if jobs is not None:
            settings = settings.model_copy(update={"run_jobs": jobs})
        try:
            run(host, port, settings=settings)
        except OSError as error:
            raise InvalidInputError(f"can't serve there: {error}", field="port", value=f"{host}:{port}") from error
