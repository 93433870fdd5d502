"""`warmtune serve`: start the service where it is installed."""

import gc
import os
from typing import Annotated

import typer

from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError


def serve(
    *,
    host: Annotated[
        str, typer.Option(envvar="WARMTUNE_HOST", help="Address to listen on; 0.0.0.0 for all of the machine's.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="WARMTUNE_PORT", min=0, max=65535, help="Port to listen on; 0 for a free one.")
    ] = 8000,
    database_url: Annotated[
        str | None,
        typer.Option(envvar="WARMTUNE_DATABASE_URL", help="sqlite:///file.db or postgresql://...", show_default=False),
    ] = None,
) -> None:
    """Start the service, with the embedded database unless told otherwise, until it is interrupted."""
    gc.disable()  # imports make no garbage; the service collects again once it listens
    try:
        # an application of its own: often not installed
        from service.server import read_settings  # noqa: PLC0415
        from service.server import serve as run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "service":
            raise
        raise MissingExtraError(
            "the service is not installed here: run it from a checkout or image of Warmtune, and see its README"
        ) from error
    if database_url is not None:
        os.environ["WARMTUNE_DATABASE_URL"] = database_url  # where the service's settings look
    try:
        settings = read_settings()
    except ValueError as error:
        raise InvalidInputError(f"a setting is wrong: {error}") from error
    try:
        run(host, port, settings=settings)
    except OSError as error:
        raise InvalidInputError(f"can't serve there: {error}", field="port", value=f"{host}:{port}") from error
    finally:
        gc.enable()
