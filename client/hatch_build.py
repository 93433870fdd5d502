"""Ships `metafeatures` inside the `warmtune` wheel, but never copies it into a checkout's environment."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class MetafeaturesHook(BuildHookInterface):
    """An editable install sees the checkout's own package; a copy beside it would be a second module."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the package to real wheels only."""
        if version != "editable":
            source = Path(self.root).parent / "metafeatures"
            build_data["force_include"][str(source)] = "metafeatures"
