"""The extra ``warmtune[neural]``: networks for a dataset itself, which start from what was learned on others."""

import importlib
from typing import TYPE_CHECKING

from warmtune.vocabulary.errors import MissingExtraError

if TYPE_CHECKING:
    from warmtune.neural.model import NeuralTaskModel as NeuralTaskModel
    from warmtune.neural.sources import FromService as FromService

__all__ = ["FromService", "NeuralTaskModel"]

_OURS = ("warmtune", "maml")


def __getattr__(name: str) -> object:
    """Load a public name on first use: torch takes seconds.

    Raises:
        MissingExtraError: If ``warmtune[neural]`` is not installed.
    """
    if name == "FromService":
        return getattr(importlib.import_module("warmtune.neural.sources"), name)
    if name != "NeuralTaskModel":
        raise AttributeError(f"module 'warmtune.neural' has no attribute {name!r}")
    try:
        return getattr(importlib.import_module("warmtune.neural.model"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in _OURS:
            raise
        raise MissingExtraError(
            f'neural task models need {error.name}: pip install "warmtune[neural]"', value=error.name
        ) from error
