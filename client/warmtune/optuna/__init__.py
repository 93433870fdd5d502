"""The bridge to Optuna: its public API only, Optuna 4 and 5."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warmtune.optuna.sampler import WarmtuneSampler as WarmtuneSampler

__all__ = ["WarmtuneSampler"]


def __getattr__(name: str) -> object:
    """Load the sampler on first use (PEP 562): the client doesn't need it, and it needs the client's parts."""
    if name not in __all__:
        raise AttributeError(f"module 'warmtune.optuna' has no attribute {name!r}")
    return getattr(importlib.import_module("warmtune.optuna.sampler"), name)
