"""The `warmtune` command."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from warmtune.cli.lazy import LazyCommand
from warmtune.version import __version__

_HELP_LINES = (
    ("recommend", "Print the configurations to try first for a dataset."),
    ("tune", "Tune a model for a table, with its report and a script."),
    ("predict", "Write a tuned model's predictions for new rows."),
    ("describe", "Print a dataset's meta-features, computed on this machine."),
    ("spaces", "List the search spaces that the service knows, or show one."),
    ("explain", "Print on which kinds of tasks which configurations win."),
    ("tasks", "List the tasks that the service stores."),
    ("forget", "Delete a task or a study, and what was learned from it."),
    ("neighbours", "List the past tasks that are most similar to a stored one."),
    ("import", "Import a tuning history: Optuna, MLflow, W&B, Ray, scikit-learn, tables."),
    ("export", "Write stored studies as an Optuna storage, a table or a meta-dataset."),
    ("jobs", "List long-running work, print a job's log, follow or cancel it."),
    ("keys", "Make, list and revoke API keys."),
    ("workspaces", "Make, list and delete workspaces: teams that see nothing of each other."),
    ("shares", "Share learned models with other workspaces, without their trials."),
    ("audit", "Print who has written what at the service."),
    ("mcp", "Serve the tools of an MCP server to agents."),
    ("serve", "Start the service (where it is installed)."),
    ("doctor", "Look for what is wrong with the service's settings, database, disks and keys."),
    ("backup", "Write everything that the service's database holds to a file."),
    ("restore", "Fill a database from such a file."),
    ("vacuum", "Forget old jobs in the service's database, and give room back."),
    ("worker", "Work on the service's jobs in a process of its own."),
)


class Commands(TyperGroup):
    """All commands, none of them loaded yet."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, help_line in _HELP_LINES:
            self.add_command(LazyCommand(name, help=help_line))


app = typer.Typer(
    cls=Commands,
    help="Hyperparameter tuning that starts warm.",
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
