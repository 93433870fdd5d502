"""`warmtune mcp`: the service as tools for agents."""

import os
from pathlib import Path
from typing import Annotated

import typer

from warmtune.cli.options import KeyOption, UrlOption
from warmtune.vocabulary.errors import MissingExtraError


def mcp(
    *,
    url: UrlOption = None,
    api_key: KeyOption = None,
    folder: Annotated[
        Path, typer.Option(help="The agent may read files in this folder and below it.", file_okay=False, exists=True)
    ] = Path(),
    http_port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            show_default=False,
            help="Serve streamable HTTP at 127.0.0.1, path /mcp: each caller sends its own key, and no file is read.",
        ),
    ] = None,
) -> None:
    """Serve the Model Context Protocol on the standard streams, or over HTTP with --http-port."""
    try:
        from warmtune.agents.server import CallersAccess, LocalAccess, make_server  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise MissingExtraError("the MCP server needs an extra: pip install 'warmtune[mcp]'", field="mcp") from error
    from warmtune.client import Client  # noqa: PLC0415  # with it
    from warmtune.rest.connection_settings import KEY_VARIABLE  # noqa: PLC0415

    if http_port is not None:
        has_own_key = bool(api_key or os.environ.get(KEY_VARIABLE, "").strip())  # a client reads the variable, too
        access = CallersAccess(url, has_own_key=has_own_key)
        make_server(access).run("streamable-http", host="127.0.0.1", port=http_port, stateless_http=True)
        return
    with Client(url, api_key=api_key) as client:
        make_server(LocalAccess(client, folder)).run("stdio")
