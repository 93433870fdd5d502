"""Warmtune's sampler as a package of OptunaHub: studies start from what worked on similar tables."""

from warmtune.optuna import WarmtuneSampler

__all__ = ["WarmtuneSampler"]
