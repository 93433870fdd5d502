"""`warmtune keys`: API keys of a service."""

from typing import Annotated

import typer

from warmtune.cli.options import FormatOption, KeyOption, OutputFormat, UrlOption
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.vocabulary.api_key import ApiKey, KeyLimits, Scope
from warmtune.vocabulary.exit_codes import exiting
from warmtune.vocabulary.page import every_item
from warmtune.vocabulary.rendering import plain_table, render
from warmtune.wire.api_keys import KeyResponse

keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True, add_completion=False)


@keys.command()
@exiting
def create(  # noqa: PLR0913  # typer reads the options from the signature
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    *,
    owner: Annotated[str, typer.Option(help="Holder of the key.")],
    scope: Annotated[Scope, typer.Option(help="What the key may do.")] = Scope.WRITE,
    workspace: Annotated[
        str | None, typer.Option(help="Workspace of the key; by default that of your own key.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3_650, help="Days until the key expires; by default it never expires.")
    ] = None,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="Limit on requests per minute.")] = None,
    trials_per_day: Annotated[int | None, typer.Option(min=1, help="Limit on reported trials per day.")] = None,
    upload_bytes_per_day: Annotated[int | None, typer.Option(min=1, help="Limit on uploaded bytes per day.")] = None,
    max_jobs: Annotated[
        int | None, typer.Option(min=1, help="Limit on jobs that wait or run at the same time.")
    ] = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Create a key; it is printed once and can't be shown again."""
    limits = KeyLimits(requests_per_minute, trials_per_day, upload_bytes_per_day, max_jobs)
    with Client(url, api_key=api_key) as client:
        made = client.create_key(
            name, owner=owner, scope=scope, workspace=workspace, expires_in_days=days, limits=limits
        )
    say(made.key)


@keys.command("list")
@exiting
def list_keys(
    *, url: UrlOption = None, api_key: KeyOption = None, output_format: FormatOption = OutputFormat.TABLE
) -> None:
    """List the keys that you administer, without their secrets, newest first."""
    with Client(url, api_key=api_key) as client:
        found = tuple(every_item(lambda cursor: client.list_keys(limit=500, cursor=cursor)))
    if output_format is OutputFormat.JSON:
        bodies = [KeyResponse.from_domain(key).model_dump(mode="json") for key in found]
        say_json(bodies)
        return
    table = plain_table()
    for title in ("key", "workspace", "scope", "owner", "name", "last used", "state"):
        table.add_column(title, no_wrap=title == "key", overflow="fold")
    for key in found:
        used = "never" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M}"
        table.add_row(key.key_id, key.workspace, key.scope, key.owner, key.name, used, _state(key))
    say(render(table))


@keys.command()
@exiting
def revoke(
    key_id: Annotated[str, typer.Argument(help="Identifier of the key, such as wt_3f9a1c0b.")],
    *,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Revoke a key for good."""
    with Client(url, api_key=api_key) as client:
        revoked = client.revoke_key(key_id)
    say(f"{revoked.key_id} is revoked")


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    return "never expires" if key.expires_at is None else f"until {key.expires_at:%Y-%m-%d}"
