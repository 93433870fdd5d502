"""Commands that are loaded when they are called, so that `warmtune --help` is quick."""

import importlib
import keyword
from typing import Any

import typer
from typer.core import TyperCommand

from warmtune.vocabulary.exit_codes import exiting


class LazyCommand(TyperCommand):
    """A command known by its help line only; its function, or group, is ``warmtune.cli.<name>.<name>``.

    A name that Python keeps for itself has an underscore there: ``warmtune.cli.import_.import_``.
    """

    def load(self) -> Any:
        """The real command; typer's own class of it, of which typer doesn't export the type."""
        name = str(self.name)
        own = f"{name}_" if keyword.iskeyword(name) else name
        function = getattr(importlib.import_module(f"warmtune.cli.{own}"), own)
        if isinstance(function, typer.Typer):  # a group, whose commands are wrapped where they stand
            return typer.main.get_command(function)
        loaded = typer.Typer(add_completion=False)
        loaded.command(name)(exiting(function))
        return typer.main.get_command(loaded)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse with the real command; the context then invokes that one."""
        return self.load().make_context(info_name, args, parent, **extra)
