"""Suggesting a whole search space in an objective, conditions included."""

from collections.abc import Mapping

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import BaseTrial

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidSearchSpaceError
from warmtune.vocabulary.space import SearchSpace
from warmtune.wire.bodies import as_search_space


def suggest(trial: BaseTrial, search_space: SearchSpace | Mapping[str, BaseDistribution]) -> dict[str, ParameterValue]:
    """Ask a trial for every active parameter, parents before children.

    An objective that uses this and `Client.warm_start` with the same search space can't disagree on names or bounds:
    Optuna would silently ignore an enqueued value whose name the objective never asks for.

    Args:
        trial: Optuna's, as the objective gets it.
        search_space: The space that the study was warm-started with, or Optuna's distributions by name.

    Returns:
        The configuration to evaluate, by name.
    """
    space = as_search_space(search_space)
    values: dict[str, ParameterValue] = {}
    for name in space.in_dependency_order():
        if space.is_active(name, values):
            values[name] = _suggested(trial, name, space.parameters[name])
    return values


def _suggested(trial: BaseTrial, name: str, distribution: BaseDistribution) -> ParameterValue:
    if isinstance(distribution, FloatDistribution):
        return trial.suggest_float(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    if isinstance(distribution, IntDistribution):
        return trial.suggest_int(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    raise InvalidSearchSpaceError(
        f"{name!r} has a distribution that can't be suggested", field=f"search_space.parameters.{name}"
    )
