"""The `warmtune` command."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from warmtune.cli.lazy import LazyCommand
from warmtune.version import __version__

_HELP_LINES = (
    ("recommend", "Print the configurations to try first for a dataset."),
    ("tune", "Tune a model for a table, and write it with a report and a script."),
    ("predict", "Write a tuned model's predictions for new rows."),
    ("describe", "Print a dataset's meta-features, computed on this machine."),
    ("spaces", "List the registered search spaces, or show one."),
    ("explain", "Print which configurations win on which kinds of tasks."),
    ("importance", "Print which parameters matter on past tasks, and where good values lie."),
    ("tasks", "List the stored tasks."),
    ("forget", "Delete a task or a study, and what was learned from it."),
    ("neighbours", "List the past tasks that are most similar to a stored one."),
    ("import", "Import a tuning history: Optuna, MLflow, W&B, Ray, scikit-learn, tables."),
    ("export", "Write stored studies as an Optuna storage, a table or a meta-dataset."),
    ("jobs", "List long-running jobs, or print, follow or cancel one."),
    ("keys", "Create, list and revoke API keys."),
    ("workspaces", "Create, list and delete workspaces, which separate teams from each other."),
    ("shares", "Share learned models with other workspaces, without their trials."),
    ("audit", "Print the audit trail: who wrote what, and when."),
    ("mcp", "Start an MCP server, which offers Warmtune's tools to agents."),
    ("serve", "Start the service, if it is installed."),
    ("doctor", "Check the service's settings, database, disks and keys."),
    ("backup", "Back up the service's database to a file."),
    ("restore", "Restore a database from a backup file."),
    ("vacuum", "Delete old rows from the service's database and free disk space."),
    ("worker", "Run the service's jobs in a separate process."),
)


class Commands(TyperGroup):
    """All commands, none of them loaded yet."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, help_line in _HELP_LINES:
            self.add_command(LazyCommand(name, help=help_line))


app = typer.Typer(
    cls=Commands,
    help="Hyperparameter tuning that starts warm: configurations for a new dataset, learned from tuning runs on "
    "others.\n\nCommands that need a service use that of --url or WARMTUNE_URL; without one, a service is started on "
    "this machine.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they may hold a key or rows
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"warmtune {__version__}")
        raise typer.Exit


@app.callback()
def warmtune(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hyperparameter tuning that starts warm."""
