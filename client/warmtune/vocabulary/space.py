"""Search spaces and configurations: Optuna's distributions verbatim, with conditions, defaults and aliases."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)

from warmtune.vocabulary.distributions import ParameterValue, contains, describe_distribution, native, same_value
from warmtune.vocabulary.errors import InvalidConfigurationError, InvalidSearchSpaceError, LimitExceededError, shown
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.task import check_name

MAX_PARAMETERS = 500
MAX_CHOICES = 1_000

Configuration = Mapping[str, ParameterValue]
JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Condition:
    """`parameter` is active only where `parent` is active and has one of `values`."""

    parameter: str
    parent: str
    values: tuple[ParameterValue, ...]


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """What may be tuned: distributions by name, in order.

    Several conditions of one parameter must all hold. Immutable; safe to share between threads.

    Attributes:
        parameters: Optuna's float, int and categorical distributions by name.
        conditions: When parameters are active; without one a parameter always is.
        defaults: Values of the library's default configuration, for any of the parameters.
        aliases: Other names by which past studies know a parameter.
    """

    parameters: Mapping[str, BaseDistribution]
    conditions: tuple[Condition, ...] = ()
    defaults: Mapping[str, ParameterValue] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check and freeze.

        Raises:
            InvalidSearchSpaceError: On no parameters, a foreign or non-finite distribution, a condition over unknown
                or non-categorical parents or in a cycle, a default outside its distribution, an alias clash.
            LimitExceededError: On more than `MAX_PARAMETERS` parameters or `MAX_CHOICES` choices of one.
        """
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))
        object.__setattr__(self, "defaults", MappingProxyType(dict(self.defaults)))
        aliases = {name: tuple(others) for name, others in self.aliases.items()}
        object.__setattr__(self, "aliases", MappingProxyType(aliases))
        _check_parameters(self.parameters)
        _check_conditions(self)
        for name, value in self.defaults.items():
            if name not in self.parameters:
                raise InvalidSearchSpaceError(
                    f"the default {name!r} is not a parameter", field=f"search_space.defaults.{name}"
                )
            if not contains(self.parameters[name], value):
                raise InvalidSearchSpaceError(
                    f"the default of {name!r} is outside its distribution",
                    field=f"search_space.defaults.{name}",
                    value=value,
                    limit=describe_distribution(self.parameters[name]),
                )
        _check_aliases(self)

    def __reduce__(self) -> tuple[type["SearchSpace"], tuple[object, ...]]:
        """Copy and pickle by plain dicts: the read-only views of the fields can't be."""
        return SearchSpace, (dict(self.parameters), self.conditions, dict(self.defaults), dict(self.aliases))

    def is_active(self, name: str, values: Configuration) -> bool:
        """Whether `name` is active, given the values of the parameters it depends on."""
        return all(
            c.parent in values
            and self.is_active(c.parent, values)
            and any(same_value(values[c.parent], v) for v in c.values)
            for c in self.conditions
            if c.parameter == name
        )

    def in_dependency_order(self) -> Iterator[str]:
        """Parameter names, parents before children, otherwise in their own order."""
        parents: dict[str, set[str]] = {name: set() for name in self.parameters}
        for condition in self.conditions:
            parents[condition.parameter].add(condition.parent)
        done: set[str] = set()
        while len(done) < len(parents):
            for name in self.parameters:
                if name not in done and parents[name] <= done:
                    done.add(name)
                    yield name

    def validate(self, configuration: Configuration) -> dict[str, ParameterValue]:
        """Return the configuration with numbers in their distribution's own type.

        Exactly the active parameters must be there, so that Optuna neither ignores nor lacks one.

        Raises:
            InvalidConfigurationError: On an unknown, missing or inactive parameter or a value that Optuna
                would refuse, clip or round.
        """
        for name in configuration:
            if name not in self.parameters:
                raise InvalidConfigurationError(
                    f"{name!r} is not a parameter of the search space",
                    field=f"params.{name}",
                    value=configuration[name],
                    limit=f"one of {shown(list(self.parameters))}",
                )
        clean: dict[str, ParameterValue] = {}
        for name in self.in_dependency_order():
            distribution = self.parameters[name]
            active = self.is_active(name, clean)
            if not active and name in configuration:
                raise InvalidConfigurationError(
                    f"{name!r} is not active here: {self._why_inactive(name)}", field=f"params.{name}"
                )
            if not active:
                continue
            if name not in configuration:
                raise InvalidConfigurationError(f"{name!r} is missing", field=f"params.{name}")
            value = configuration[name]
            if not contains(distribution, value):
                raise InvalidConfigurationError(
                    f"{name!r} = {shown(value)} is outside {describe_distribution(distribution)}",
                    field=f"params.{name}",
                    value=value,
                    limit=describe_distribution(distribution),
                )
            clean[name] = native(distribution, value)
        return {name: clean[name] for name in self.parameters if name in clean}

    def default_configuration(self) -> dict[str, ParameterValue] | None:
        """The library's default as a valid configuration, or None where defaults don't cover what is active."""
        active: dict[str, ParameterValue] = {}
        for name in self.in_dependency_order():
            if self.is_active(name, active):
                if name not in self.defaults:
                    return None
                active[name] = self.defaults[name]
        return self.validate(active)

    def _why_inactive(self, name: str) -> str:
        own = [c for c in self.conditions if c.parameter == name]
        return " and ".join(f"it needs {c.parent!r} in {list(c.values)!r}" for c in own)

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
        body = self.to_json()
        relevant = {"parameters": body["parameters"], "conditions": body["conditions"]}
        return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()[:16]


def too_many_parameters(count: int) -> LimitExceededError:
    """The error for a search space of `count` parameters."""
    return LimitExceededError(
        f"{count} parameters are more than the {MAX_PARAMETERS} allowed",
        field="search_space.parameters",
        value=count,
        limit=MAX_PARAMETERS,
    )


def _check_parameters(parameters: Mapping[str, BaseDistribution]) -> None:
    if not parameters:
        raise InvalidSearchSpaceError("a search space needs a parameter", field="search_space.parameters")
    if len(parameters) > MAX_PARAMETERS:
        raise too_many_parameters(len(parameters))
    for name, distribution in parameters.items():
        check_name(name, field="search_space.parameters")
        where = f"search_space.parameters.{name}"
        if isinstance(distribution, CategoricalDistribution):
            _check_choices(name, distribution)
        elif isinstance(distribution, (FloatDistribution, IntDistribution)):
            if not (is_finite_number(distribution.low) and is_finite_number(distribution.high)):
                raise InvalidSearchSpaceError(
                    f"the bounds of {name!r} must be finite",
                    field=where,
                    value=[distribution.low, distribution.high],
                    limit="finite number",
                )
        else:
            raise InvalidSearchSpaceError(
                f"{name!r} has a distribution that is none of Optuna's float, int and categorical ones",
                field=where,
                value=distribution,
            )


def _check_choices(name: str, distribution: CategoricalDistribution) -> None:
    where = f"search_space.parameters.{name}"
    choices = distribution.choices
    if len(choices) > MAX_CHOICES:
        raise LimitExceededError(
            f"{name!r} has more than {MAX_CHOICES} choices", field=where, value=len(choices), limit=MAX_CHOICES
        )
    for choice in choices:
        is_bad_number = isinstance(choice, float) and not math.isfinite(choice)
        if is_bad_number or not isinstance(choice, (str, int, float, bool, type(None))):
            raise InvalidSearchSpaceError(
                f"a choice of {name!r} is not a plain value",
                field=where,
                value=choice,
                limit="string, finite number, boolean or null",
            )
    if len(set(choices)) < len(choices):
        raise InvalidSearchSpaceError(
            f"{name!r} has choices that are equal (in Python, True is 1): Optuna can't tell them apart",
            field=where,
            value=list(choices),
            limit="distinct choices",
        )


def _check_conditions(space: SearchSpace) -> None:
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
            if not contains(space.parameters[condition.parent], value):
                raise InvalidSearchSpaceError(
                    f"{condition.parent!r} can never be {shown(value)}",
                    field=f"{where}.values",
                    value=value,
                    limit=describe_distribution(space.parameters[condition.parent]),
                )
    children = {
        c.parameter: {d.parent for d in space.conditions if d.parameter == c.parameter} for c in space.conditions
    }
    reached = {name for name in space.parameters if name not in children}
    while grown := {name for name, parents in children.items() if parents <= reached} - reached:
        reached |= grown
    if stuck := sorted(set(children) - reached):
        raise InvalidSearchSpaceError(
            f"the conditions of {stuck} run in a circle", field="search_space.conditions", value=stuck
        )


def _check_aliases(space: SearchSpace) -> None:
    taken = set(space.parameters)
    for name, others in space.aliases.items():
        where = f"search_space.aliases.{name}"
        if name not in space.parameters:
            raise InvalidSearchSpaceError(f"{name!r} is not a parameter", field=where)
        for other in others:
            check_name(other, field=where)
            if other in taken:
                raise InvalidSearchSpaceError(f"the alias {other!r} is taken", field=where, value=other)
            taken.add(other)
