"""The extra ``warmtune[sklearn]``: estimators from configurations, and a search that starts warm.

Not to be confused with scikit-learn's own package, which modules here import by its absolute name.
"""

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING

from warmtune.vocabulary.errors import MissingExtraError

if TYPE_CHECKING:
    from warmtune.sklearn.builder import build as build
    from warmtune.sklearn.configuration_source import ColdStartWarning as ColdStartWarning
    from warmtune.sklearn.search import WarmSearchCV as WarmSearchCV

__all__ = ["ColdStartWarning", "WarmSearchCV", "build"]

_MODULES = MappingProxyType(
    {
        "ColdStartWarning": "warmtune.sklearn.configuration_source",
        "WarmSearchCV": "warmtune.sklearn.search",
        "build": "warmtune.sklearn.builder",
    }
)
_OURS = ("warmtune", "metafeatures")


def __getattr__(name: str) -> object:
    """Load a public name on first use: scikit-learn and pandas take a second.

    Raises:
        MissingExtraError: If ``warmtune[sklearn]`` is not installed.
    """
    if name not in _MODULES:
        raise AttributeError(f"module 'warmtune.sklearn' has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_MODULES[name]), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in _OURS:
            raise
        raise MissingExtraError(
            f'{name} needs {error.name}: pip install "warmtune[sklearn]"', value=error.name
        ) from error
