"""`warmtune backup`: everything that a database holds, in one file."""

from pathlib import Path
from typing import Annotated

import typer

from warmtune.cli.installed_service import DatabaseOption, SettingsOption, installed_service
from warmtune.cli.options import FormatOption, OutputFormat
from warmtune.cli.saying import say, say_json
from warmtune.vocabulary.errors import InvalidInputError


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    *,
    database_url: DatabaseOption = None,
    settings_file: SettingsOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Write all tables to a file, as of one moment; services may go on writing."""
    counts: dict[str, int] = {}
    with installed_service(database_url, settings_file):
        from service.backups import backup as write  # noqa: PLC0415  # often not installed
        from service.server import read_settings  # noqa: PLC0415

        try:
            manifest = write(read_settings(), file, on_table=counts.__setitem__)
        except OSError as error:
            raise InvalidInputError(f"{file} can't be written: {error}", field="file", value=str(file)) from error
    if output_format is OutputFormat.JSON:
        say_json({"file": str(file), "revision": manifest.revision, "rows": counts})
        return
    say(f"{manifest.n_rows:,} rows of {len(counts)} tables in {file} ({file.stat().st_size / 1e6:.1f} MB)")
