"""A whole search space asked of one Optuna trial."""

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import BaseTrial

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidSearchSpaceError
from warmtune.vocabulary.space import SearchSpace


def ask_trial(trial: BaseTrial, space: SearchSpace) -> dict[str, ParameterValue]:
    """Ask a trial for every active parameter, parents before children.

    Returns:
        The configuration to evaluate, by name.

    Raises:
        InvalidSearchSpaceError: On a distribution that Optuna cannot suggest from.
    """
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
