"""`warmtune shares`: learned models that workspaces let each other use, without their trials."""

from typing import Annotated

import typer

from warmtune.cli.options import FormatOption, KeyOption, OutputFormat, UrlOption
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.vocabulary.exit_codes import exiting
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.page import every_item
from warmtune.vocabulary.rendering import plain_table, render
from warmtune.vocabulary.shared_model import SharedModel, SharingSide
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.shared_models import SharedModelResponse

ShareArgument = Annotated[
    str, typer.Argument(help="Identifier of the share, such as share_9f0c5f0e3b7a4b0e.", metavar="SHARE")
]

shares = typer.Typer(
    help="Share learned models with other workspaces, without their trials.", no_args_is_help=True, add_completion=False
)


@shares.command()
@exiting
def give(  # typer reads the options from the signature
    workspace: Annotated[str, typer.Argument(help="Workspace whose answers may use the model.")],
    *,
    search_space: Annotated[str, typer.Option(help="A registered name.")],
    kind: Annotated[TaskKind, typer.Option(help="Kind of the tasks.")],
    metric: Annotated[str | None, typer.Option(help="By default accuracy, or r2 for regression.")] = None,
    direction: Annotated[
        Direction | None, typer.Option(help="Direction of a metric that Warmtune doesn't know.")
    ] = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Offer another workspace the learned model in its present state."""
    with Client(url, api_key=api_key) as client:
        given = client.share_model(search_space, workspace=workspace, kind=kind, metric=metric, direction=direction)
    state = "is accepted already" if given.is_accepted else "waits to be accepted there"
    say(f"{given.share_id} for {given.workspace} {state}")


@shares.command("list")
@exiting
def list_shares(
    *, url: UrlOption = None, api_key: KeyOption = None, output_format: FormatOption = OutputFormat.TABLE
) -> None:
    """List the shares that your workspace has given and received, newest first."""
    with Client(url, api_key=api_key) as client:
        found = [share for side in SharingSide for share in _all(client, side)]
    if output_format is OutputFormat.JSON:
        bodies = [SharedModelResponse.from_domain(share).model_dump(mode="json") for share in found]
        say_json(bodies)
        return
    table = plain_table()
    for title in ("share", "side", "workspace", "search space", "metric", "state"):
        table.add_column(title, no_wrap=title == "share", overflow="fold")
    for share in found:
        space = share.search_space_name or share.search_space_key[:12]
        state = "in use" if share.is_accepted else "waits"
        table.add_row(share.share_id, share.side, share.workspace, space, share.metric, state)
    say(render(table))


@shares.command()
@exiting
def accept(share: ShareArgument, *, url: UrlOption = None, api_key: KeyOption = None) -> None:
    """Accept a received share: your workspace's answers then use its model."""
    with Client(url, api_key=api_key) as client:
        accepted = client.accept_shared_model(share)
    say(f"answers use {accepted.share_id} of {accepted.workspace} from now on")


@shares.command()
@exiting
def end(share: ShareArgument, *, url: UrlOption = None, api_key: KeyOption = None) -> None:
    """End a share that your workspace has given or received."""
    with Client(url, api_key=api_key) as client:
        client.end_shared_model(share)
    say(f"{share} has ended")


def _all(client: Client, side: SharingSide) -> tuple[SharedModel, ...]:
    return tuple(every_item(lambda cursor: client.list_shared_models(side=side, limit=500, cursor=cursor)))
