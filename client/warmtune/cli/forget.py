"""`warmtune forget`: take out a task or a study, with what was learned from it."""

from typing import Annotated

import typer

from warmtune.cli.options import KeyOption, UrlOption
from warmtune.cli.saying import say
from warmtune.client import Client

_STUDY = "study_"


def forget(
    identifier: Annotated[str, typer.Argument(help="Identifier of a task or a study.")],
    *,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Delete a task with all its studies, or one study, and what the service learned from them.

    Shipped tasks and studies can't be deleted.
    """
    with Client(url, api_key=api_key) as client:
        if identifier.startswith(_STUDY):
            client.delete_study(identifier)
        else:
            client.delete_task(identifier)
    say(f"forgotten: {identifier}")
