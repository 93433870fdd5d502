"""`warmtune doctor`: what is wrong with an installation of the service."""

from dataclasses import asdict

import typer
from rich.text import Text

from warmtune.cli.installed_service import DatabaseOption, SettingsOption, installed_service
from warmtune.cli.options import FormatOption, OutputFormat
from warmtune.cli.saying import say, say_json
from warmtune.vocabulary.exit_codes import ExitCode
from warmtune.vocabulary.rendering import plain_table, render


def doctor(
    *,
    database_url: DatabaseOption = None,
    settings_file: SettingsOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Check settings, database, disks, port and keys; exit with 1 if the service can't work. Nothing is changed."""
    with installed_service(database_url, settings_file):
        from service.doctor.examination import examine  # noqa: PLC0415  # often not installed
        from service.doctor.findings import Level, worst  # noqa: PLC0415
        from service.server import read_settings  # noqa: PLC0415

        found = examine(read_settings())
    if output_format is OutputFormat.JSON:
        say_json([asdict(finding) for finding in found])
    else:
        table = plain_table()
        table.add_column("topic", no_wrap=True)
        table.add_column("", no_wrap=True)
        table.add_column("found", overflow="fold")
        for finding in found:
            level = "" if finding.level is Level.OK else finding.level.upper()
            table.add_row(finding.topic, level, Text(finding.text))
        say(render(table))
    if worst(found) is Level.FAILURE:
        raise typer.Exit(ExitCode.SERVICE_FAILED)
