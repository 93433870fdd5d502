"""A search space's check of configurations, compiled: the same verdicts as `SearchSpace.validate`, quicker."""

import math
from collections.abc import Callable

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import ParameterValue, contains, native
from warmtune.vocabulary.space import Configuration, SearchSpace

Check = Callable[[object], tuple[bool, ParameterValue]]


class ConfigurationChecker:
    """Checks configurations of one space; threads may share it."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._checks = {name: _check_of(distribution) for name, distribution in space.parameters.items()}
        ruled: dict[str, list[tuple[str, frozenset[tuple[bool, object]]]]] = {}
        for condition in space.conditions:
            allowed = frozenset((isinstance(value, bool), value) for value in condition.values)
            ruled.setdefault(condition.parameter, []).append((condition.parent, allowed))
        self._order = [(name, ruled.get(name, [])) for name in space.in_dependency_order()]

    def check(self, configuration: Configuration, *, is_whole: bool) -> dict[str, ParameterValue] | str:
        """The configuration in its distributions' own types, or why the space refuses it.

        Args:
            configuration: Values by name.
            is_whole: Whether every active parameter must be there; else what Optuna did not ask for may be missing.
        """
        checks = self._checks
        clean: dict[str, ParameterValue] = {}
        for name, value in configuration.items():
            check = checks.get(name)
            if check is None:
                return f"{name!r} is not a parameter of the search space"
            is_inside, own = check(value)
            if not is_inside:
                return f"{name!r} has a value outside its distribution"
            clean[name] = own
        active: set[str] = set()
        for name, conditions in self._order:
            is_active = all(
                parent in active and (isinstance(clean[parent], bool), clean[parent]) in allowed
                for parent, allowed in conditions
            )
            if not is_active:
                if name in clean and (is_whole or all(parent in clean for parent, _ in conditions)):
                    return f"{name!r} is not active there"
            elif name in clean:
                active.add(name)
            elif is_whole:
                return f"{name!r} is missing"
        return {name: clean[name] for name in checks if name in clean}


def _check_of(distribution: BaseDistribution) -> Check:
    if isinstance(distribution, CategoricalDistribution):
        return _check_of_choices(distribution)
    if isinstance(distribution, FloatDistribution) and distribution.step is None:
        low, high = distribution.low, distribution.high

        def check_float(value: object) -> tuple[bool, ParameterValue]:
            if type(value) is float or type(value) is int:
                return low <= value <= high, float(value) if math.isfinite(value) else None
            return _slowly(distribution, value)

        return check_float
    if isinstance(distribution, IntDistribution):
        first, last, step = distribution.low, distribution.high, distribution.step

        def check_int(value: object) -> tuple[bool, ParameterValue]:
            if type(value) is int and -(2**53) < value < 2**53:
                return first <= value <= last and (value - first) % step == 0, value
            return _slowly(distribution, value)

        return check_int
    return lambda value: _slowly(distribution, value)


def _check_of_choices(distribution: CategoricalDistribution) -> Check:
    known = {(isinstance(choice, bool), choice): native(distribution, choice) for choice in distribution.choices}

    def check(value: object) -> tuple[bool, ParameterValue]:
        if isinstance(value, (str, int, float, bool, type(None))):
            key = (isinstance(value, bool), value)
            return key in known, known.get(key)
        return False, None

    return check


def _slowly(distribution: BaseDistribution, value: object) -> tuple[bool, ParameterValue]:
    if not contains(distribution, value):
        return False, None
    return True, native(distribution, value)
