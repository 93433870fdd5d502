"""Search spaces and configurations: Optuna's distributions verbatim, with conditions, defaults and aliases."""

import hashlib
import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    distribution_to_json,
)

from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.collections import as_mapping, as_tuple
from warmtune.vocabulary.condition_graph import ConditionGraph, value_key
from warmtune.vocabulary.distributions import ParameterValue, contains, describe_distribution, native
from warmtune.vocabulary.errors import InvalidConfigurationError, InvalidSearchSpaceError, shown
from warmtune.vocabulary.parameter_checks import check_parameters
from warmtune.vocabulary.space_limits import check_aliases, check_n_conditions

_MAX_SAID = 5
"""Conditions of one parameter that a message spells out."""

Configuration = Mapping[str, ParameterValue]
JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Condition:
    """`parameter` is active only where `parent` is active and has one of `values`."""

    parameter: str
    parent: str
    values: tuple[ParameterValue, ...]

    def __post_init__(self) -> None:
        """Take any collection of values.

        Raises:
            InvalidSearchSpaceError: On a single value: of a string, each letter would count.
        """
        object.__setattr__(self, "values", as_tuple(self.values, "search_space.conditions.values", "values"))


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """What may be tuned: distributions by name, in order.

    Several conditions of one parameter must all hold. Immutable; safe to share between threads.

    Attributes:
        parameters: Optuna's float, int and categorical distributions by name.
        conditions: When parameters are active; without one a parameter always is.
        defaults: Values of the library's default configuration, for any of the parameters.
        aliases: Other names by which past studies know a parameter.
        activation: The conditions, grouped.
    """

    parameters: Mapping[str, BaseDistribution]
    conditions: tuple[Condition, ...] = ()
    defaults: Mapping[str, ParameterValue] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    activation: ConditionGraph = field(init=False, repr=False, compare=False)
    _choices: Mapping[str, Mapping[Hashable, ParameterValue]] = field(init=False, repr=False, compare=False)
    _default: Mapping[str, ParameterValue] | None = field(init=False, repr=False, compare=False, default=None)
    _content_key: str = field(init=False, repr=False, compare=False, default="")

    def __post_init__(self) -> None:
        """Check and freeze.

        Raises:
            InvalidSearchSpaceError: On no parameters, a foreign or non-finite distribution, a condition over unknown
                or non-categorical parents or in a cycle, a default outside its distribution, an alias clash.
            LimitExceededError: On more than `MAX_PARAMETERS` parameters, `MAX_CHOICES` choices of one, `MAX_CONDITIONS`
                conditions, `MAX_CONDITION_VALUES` values in all of them, or `MAX_ALIASES` aliases.
        """
        for name in ("parameters", "defaults"):
            named = as_mapping(getattr(self, name), f"search_space.{name}")
            object.__setattr__(self, name, MappingProxyType(named))
        given = as_mapping(self.aliases, "search_space.aliases")
        aliases = {name: as_tuple(others, f"search_space.aliases.{name}", "names") for name, others in given.items()}
        object.__setattr__(self, "aliases", MappingProxyType(aliases))
        object.__setattr__(self, "conditions", as_tuple(self.conditions, "search_space.conditions", "Condition"))
        check_parameters(self.parameters)
        object.__setattr__(self, "_choices", _choices_by_key(self.parameters))
        _check_conditions(self)
        rules = ((c.parameter, c.parent, c.values) for c in self.conditions)
        object.__setattr__(self, "activation", ConditionGraph.of(self.parameters, rules))
        for name, value in self.defaults.items():
            if name not in self.parameters:
                raise InvalidSearchSpaceError(
                    f"the default {name!r} is not a parameter", field=f"search_space.defaults.{name}"
                )
            if not self.contains(name, value):
                raise InvalidSearchSpaceError(
                    f"the default of {name!r} is outside its distribution",
                    field=f"search_space.defaults.{name}",
                    value=value,
                    limit=describe_distribution(self.parameters[name]),
                )
        check_aliases(self.aliases, self.parameters)
        object.__setattr__(self, "_default", self._covered_default())  # once: every answer asks

    def __reduce__(self) -> tuple[type["SearchSpace"], tuple[object, ...]]:
        """Copy and pickle by plain dicts: the read-only views of the fields can't be."""
        return SearchSpace, (dict(self.parameters), self.conditions, dict(self.defaults), dict(self.aliases))

    def is_active(self, name: str, values: Configuration) -> bool:
        """Whether `name` is active, given the values of the parameters it depends on.

        Linear in parameters and conditions. Whoever asks for every parameter in turn asks `activation` instead.
        """
        return name not in self.activation.parents or name in self.activation.active(values)

    def in_dependency_order(self) -> Iterator[str]:
        """Parameter names, parents before children, otherwise in their own order."""
        return iter(self.activation.order)

    def contains(self, name: str, value: object) -> bool:
        """Whether Optuna would take `value` for the parameter `name` as it is; see `distributions.contains`."""
        choices = self._choices.get(name)
        return contains(self.parameters[name], value) if choices is None else value_key(value) in choices

    def native(self, name: str, value: object) -> ParameterValue:
        """A contained value in plain Python of the distribution's own type; see `distributions.native`."""
        choices = self._choices.get(name)
        return native(self.parameters[name], value) if choices is None else choices[value_key(value)]

    def validate(self, configuration: Configuration) -> dict[str, ParameterValue]:
        """Return the configuration with numbers in their distribution's own type.

        Exactly the active parameters must be there, so that Optuna neither ignores nor lacks one.

        Raises:
            InvalidConfigurationError: On an unknown, missing or inactive parameter or a value that Optuna
                would refuse, clip or round.
        """
        if type(configuration) is not dict and not isinstance(configuration, Mapping):  # the former is much quicker
            raise InvalidConfigurationError(
                f"a configuration is a mapping from names to values, not {type(configuration).__name__}"
                + ("; pass its .configuration" if hasattr(configuration, "configuration") else ""),
                field="configuration",
                value=configuration,
                limit="a dict",
            )
        for name in configuration:
            if name not in self.parameters:
                raise InvalidConfigurationError(
                    f"{name!r} is not a parameter of the search space",
                    field=f"params.{name}",
                    value=configuration[name],
                    limit=f"one of {shown(list(self.parameters))}",
                )
        clean: dict[str, ParameterValue] = {}
        holds, conditional = self.activation.holds, self.activation.parents
        for name in self.activation.order:
            active = name not in conditional or holds(name, clean)
            if not active and name in configuration:
                raise InvalidConfigurationError(
                    f"{name!r} is not active here: {self._why_inactive(name)}", field=f"params.{name}"
                )
            if not active:
                continue
            if name not in configuration:
                raise InvalidConfigurationError(f"{name!r} is missing", field=f"params.{name}")
            value = configuration[name]
            if not self.contains(name, value):
                words = describe_distribution(self.parameters[name])
                raise InvalidConfigurationError(
                    f"{name!r} = {shown(value)} is outside {words}", field=f"params.{name}", value=value, limit=words
                )
            clean[name] = self.native(name, value)
        return {name: clean[name] for name in self.parameters if name in clean}

    def default_configuration(self) -> dict[str, ParameterValue] | None:
        """The library's default as a valid configuration, or None where defaults don't cover what is active."""
        return None if self._default is None else dict(self._default)

    def _covered_default(self) -> dict[str, ParameterValue] | None:
        active: dict[str, ParameterValue] = {}
        for name in self.activation.order:
            if self.activation.holds(name, active):
                if name not in self.defaults:
                    return None
                active[name] = self.defaults[name]
        return self.validate(active)

    def _why_inactive(self, name: str) -> str:
        own = [c for c in self.conditions if c.parameter == name]
        said = " and ".join(f"it needs {c.parent!r} in {shown(list(c.values))}" for c in own[:_MAX_SAID])
        return said if len(own) <= _MAX_SAID else f"{said} and {len(own) - _MAX_SAID} more"

    def to_json(self) -> JsonObject:
        """The wire form of design section 4: distributions exactly as Optuna writes them."""
        return {
            "parameters": {n: json.loads(distribution_to_json(d)) for n, d in self.parameters.items()},
            "conditions": [
                {"parameter": c.parameter, "parent": c.parent, "values": list(c.values)} for c in self.conditions
            ],
            "defaults": dict(self.defaults),
            "aliases": {name: list(others) for name, others in self.aliases.items()},
        }

    @property
    def content_key(self) -> str:
        """A hash of parameters and conditions: equal spaces have equal keys, whatever their defaults."""
        if not self._content_key:  # worked out once: every answer asks several times
            body = self.to_json()
            relevant = {"parameters": body["parameters"], "conditions": body["conditions"]}
            digest = hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()
            object.__setattr__(self, "_content_key", digest[:16])
        return self._content_key


def _choices_by_key(
    parameters: Mapping[str, BaseDistribution],
) -> Mapping[str, Mapping[Hashable, ParameterValue]]:
    """The choices of categorical parameters, so that looking one up doesn't compare with all of them."""
    return MappingProxyType(
        {
            name: MappingProxyType({value_key(choice): choice for choice in distribution.choices})
            for name, distribution in parameters.items()
            if isinstance(distribution, CategoricalDistribution)
        }
    )


def _check_conditions(space: SearchSpace) -> None:
    given: tuple[object, ...] = space.conditions
    for index, condition in enumerate(given):
        if not isinstance(condition, Condition):
            where = f"search_space.conditions.{index}"
            raise InvalidSearchSpaceError(
                f"a condition is {with_article(type(condition).__name__)}",
                field=where,
                value=condition,
                limit="a Condition",
            )
    check_n_conditions(len(space.conditions), sum(len(condition.values) for condition in space.conditions))
    for index, condition in enumerate(space.conditions):
        where = f"search_space.conditions.{index}"
        for role, name in (("parameter", condition.parameter), ("parent", condition.parent)):
            if name not in space.parameters:
                raise InvalidSearchSpaceError(
                    f"the condition's {role} {shown(name)} is not a parameter",
                    field=f"{where}.{role}",
                    value=name,
                )
        if not condition.values:
            raise InvalidSearchSpaceError("a condition needs at least one value", field=f"{where}.values")
        for value in condition.values:
            if not space.contains(condition.parent, value):
                raise InvalidSearchSpaceError(
                    f"{condition.parent!r} can never be {shown(value)}",
                    field=f"{where}.values",
                    value=value,
                    limit=describe_distribution(space.parameters[condition.parent]),
                )
