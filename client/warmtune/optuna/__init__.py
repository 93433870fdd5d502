"""The bridge to Optuna: its public API only, Optuna 4 and 5."""

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warmtune.optuna.pruner import WarmtunePruner as WarmtunePruner
    from warmtune.optuna.sampler import WarmtuneSampler as WarmtuneSampler
    from warmtune.optuna.stop_callback import StopWhenNotWorth as StopWhenNotWorth

_MODULES = MappingProxyType(
    {
        "StopWhenNotWorth": "warmtune.optuna.stop_callback",
        "WarmtunePruner": "warmtune.optuna.pruner",
        "WarmtuneSampler": "warmtune.optuna.sampler",
    }
)

__all__ = ["StopWhenNotWorth", "WarmtunePruner", "WarmtuneSampler"]


def __getattr__(name: str) -> object:
    """Load a name on first use (PEP 562): the client doesn't need it, and it needs the client's parts."""
    if name not in _MODULES:
        raise AttributeError(f"module 'warmtune.optuna' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
