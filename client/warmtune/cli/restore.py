"""`warmtune restore`: a database from a backup."""

from pathlib import Path
from typing import Annotated

import typer

from warmtune.cli.installed_service import DatabaseOption, SettingsOption, installed_service
from warmtune.cli.options import FormatOption, OutputFormat
from warmtune.cli.saying import say, say_json


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `warmtune backup` wrote.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the contents of the database; by default it must be empty.")
    ] = False,
    database_url: DatabaseOption = None,
    settings_file: SettingsOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Restore a database from a backup of any supported database; stop its services first."""
    counts: dict[str, int] = {}
    with installed_service(database_url, settings_file):
        from service.backups import restore as read  # noqa: PLC0415  # often not installed
        from service.server import read_settings  # noqa: PLC0415

        manifest = read(read_settings(), file, replace=replace, on_table=counts.__setitem__)
    if output_format is OutputFormat.JSON:
        body = {"created_at": manifest.created_at, "revision": manifest.revision, "rows": counts}
        say_json(body)
        return
    say(f"{manifest.n_rows:,} rows of {len(counts)} tables, backed up at {manifest.created_at}")
