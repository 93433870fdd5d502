"""Ships `metafeatures` and `maml` inside the `warmtune` wheel, but never copies them into a checkout's environment."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RoomsHook(BuildHookInterface):
    """An editable install sees the checkout's own packages; a copy beside them would be a second module."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the packages of the extras to real wheels only."""
        if version != "editable":
            for room in ("metafeatures", "maml"):
                build_data["force_include"][str(Path(self.root).parent / room)] = room
