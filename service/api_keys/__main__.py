"""``python -m service.api_keys``: keys of the database that WARMTUNE_DATABASE_URL names."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from service.database_start import open_database
from service.server import read_settings
from store.api_keys import ApiKeyRepository
from store.connections.database import Database
from store.connections.scope import DEFAULT_NAME, within
from store.pages import PageRequest
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.errors import WarmtuneError
from warmtune.vocabulary.text import inert

app = typer.Typer(help="API keys of the service's database.", no_args_is_help=True, add_completion=False)


@app.command()
def create(  # noqa: PLR0917  # as the command takes them
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    owner: Annotated[str, typer.Option(help="Holder of the key.")],
    scope: Annotated[Scope, typer.Option(help="What the key may do.")] = Scope.WRITE,
    workspace: Annotated[str, typer.Option(help="Workspace of the key.")] = DEFAULT_NAME,
    days: Annotated[
        int | None, typer.Option(min=1, max=3_650, help="Days until the key expires; by default it never expires.")
    ] = None,
) -> None:
    """Create a key; it is printed once and can't be shown again."""
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with _database().writing() as connection:
        within(connection, WorkspaceRepository(connection).get(workspace).workspace)
        key, _ = ApiKeyRepository(connection).make(name=name, owner=owner, scope=scope, expires_at=expires_at)
    typer.echo(key)


@app.command("list")
def list_keys() -> None:
    """Print the keys, without their secrets."""
    cursor: str | None = None
    database = _database()
    while True:
        with database.reading() as connection:
            page = ApiKeyRepository(connection).page(PageRequest(cursor, limit=500))
        for key in page.items:
            state = "valid" if key.is_valid(datetime.now(UTC)) else ("revoked" if key.revoked_at else "expired")
            used = "never" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M}"
            cells = (key.key_id, key.workspace, key.scope, state, f"used {used}", key.owner, key.name)
            typer.echo("\t".join(map(inert, cells)))
        cursor = page.next_cursor
        if cursor is None:
            return


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="Such as wt_3f9a1c0b.")]) -> None:
    """Revoke a key for good."""
    with _database().writing() as connection:
        revoked = ApiKeyRepository(connection).revoke(key_id)
    typer.echo(f"{revoked.key_id} is revoked")


def _database() -> Database:
    return open_database(read_settings())


def main() -> None:
    """Run a command; an error is printed in one line."""
    try:
        app(standalone_mode=False)
    except (WarmtuneError, ValueError, OSError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)


if __name__ == "__main__":
    main()
