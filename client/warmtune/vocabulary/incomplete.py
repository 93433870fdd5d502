"""Configurations of trials that ended, or have only begun, before all their parameters were asked for."""

from warmtune.vocabulary.distributions import ParameterValue, describe_distribution
from warmtune.vocabulary.errors import InvalidConfigurationError, shown
from warmtune.vocabulary.space import Configuration, SearchSpace


def validate_incomplete(space: SearchSpace, configuration: Configuration) -> dict[str, ParameterValue]:
    """A configuration of which some parameters may be missing, with numbers in their distribution's own type.

    Optuna asks for parameters one by one, so that a trial that failed or was pruned early has the first of them only.

    Raises:
        InvalidConfigurationError: On an unknown parameter, one that is not active beside the others, or a value that
            Optuna would refuse, clip or round.
    """
    clean: dict[str, ParameterValue] = {}
    for name, value in configuration.items():
        if name not in space.parameters:
            raise InvalidConfigurationError(
                f"{name!r} is not a parameter of the search space",
                field=f"params.{name}",
                value=value,
                limit=f"one of {shown(list(space.parameters))}",
            )
        if not space.contains(name, value):
            words = describe_distribution(space.parameters[name])
            raise InvalidConfigurationError(
                f"{name!r} = {shown(value)} is outside {words}", field=f"params.{name}", value=value, limit=words
            )
        clean[name] = space.native(name, value)
    if not any(name in space.activation.parents for name in clean):
        return clean
    active = space.activation.active(clean)
    for name, value in clean.items():
        parents = space.activation.parents.get(name, {})
        if name not in active and set(parents) <= set(clean):
            beside = {parent: clean[parent] for parent in sorted(parents)}
            raise InvalidConfigurationError(
                f"{name!r} is not active beside {shown(beside)}", field=f"params.{name}", value=value
            )
    return clean
