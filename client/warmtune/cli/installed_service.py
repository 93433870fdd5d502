"""Commands that run the service's own code: where it is installed, with the settings of the environment."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        envvar="WARMTUNE_DATABASE_URL",
        help="sqlite:///file.db or postgresql://...",
        show_default=False,
    ),
]
SettingsOption = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        envvar="WARMTUNE_SETTINGS_FILE",
        help="TOML file with settings; environment variables override it.",
        show_default=False,
    ),
]


@contextmanager
def installed_service(database_url: str | None = None, settings: Path | None = None) -> Iterator[None]:
    """Say what is wrong if the service is missing or a setting is; within, garbage is collected by the service.

    Args:
        database_url: Goes where the service's settings look for it.
        settings: So does their file.

    Raises:
        MissingExtraError: If the service isn't installed here.
        InvalidInputError: If a setting is wrong.
    """
    if database_url is not None:
        os.environ["WARMTUNE_DATABASE_URL"] = database_url
    if settings is not None:
        os.environ["WARMTUNE_SETTINGS_FILE"] = str(settings)
    gc.disable()  # imports make no garbage
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "service":
            raise
        raise MissingExtraError(
            "the service is not installed here: run it from a checkout or image of Warmtune, and see its README"
        ) from error
    except ValueError as error:
        if not str(error).startswith("WARMTUNE_"):
            raise
        raise InvalidInputError(f"a setting is wrong: {error}") from error
    finally:
        gc.enable()
