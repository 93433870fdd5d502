"""Configurations of trials that ended, or have only begun, before all their parameters were asked for."""

from warmtune.vocabulary.distributions import ParameterValue, contains, describe_distribution, native
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
        distribution = space.parameters.get(name)
        if distribution is None:
            raise InvalidConfigurationError(
                f"{name!r} is not a parameter of the search space",
                field=f"params.{name}",
                value=value,
                limit=f"one of {shown(list(space.parameters))}",
            )
        if not contains(distribution, value):
            words = describe_distribution(distribution)
            raise InvalidConfigurationError(
                f"{name!r} = {shown(value)} is outside {words}", field=f"params.{name}", value=value, limit=words
            )
        clean[name] = native(distribution, value)
    for name, value in clean.items():
        parents = {condition.parent for condition in space.conditions if condition.parameter == name}
        if parents <= set(clean) and not space.is_active(name, clean):
            raise InvalidConfigurationError(
                f"{name!r} is not active beside {shown({parent: clean[parent] for parent in sorted(parents)})}",
                field=f"params.{name}",
                value=value,
            )
    return clean
