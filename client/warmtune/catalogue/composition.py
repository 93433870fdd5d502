"""How the modules of the catalogue write their spaces."""

from collections.abc import Iterable, Mapping

from optuna.distributions import BaseDistribution, CategoricalDistribution

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Condition, SearchSpace

Parameters = Mapping[str, BaseDistribution]
Defaults = Mapping[str, ParameterValue]


def zero_or(name: str, distribution: BaseDistribution) -> tuple[Parameters, Condition]:
    """A range that has 0 beside it: a switch, and the range where the switch is on.

    Recognised by `metamodel.space.zeros`. Optuna has no such distribution, and a logarithmic range can't reach 0. In an
    Optuna study it reads
    ``trial.suggest_float("alpha", 1e-4, 1, log=True) if trial.suggest_categorical("use_alpha", [False, True]) else 0``.
    """
    switch = f"use_{name}"
    return {switch: CategoricalDistribution([False, True]), name: distribution}, Condition(name, switch, (True,))


def space(
    parameters: Iterable[Parameters],
    defaults: Defaults,
    *,
    conditions: Iterable[Condition] = (),
    aliases: Mapping[str, tuple[str, ...]] | None = None,
) -> SearchSpace:
    """A search space of groups of parameters, in their order."""
    merged = {name: distribution for group in parameters for name, distribution in group.items()}
    return SearchSpace(merged, tuple(conditions), defaults, aliases or {})
