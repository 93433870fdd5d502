"""A search space's check of configurations, compiled: the same verdicts as `SearchSpace.validate`, and compact JSON.

Histories and reports have many trials of one search space. Each value is checked and written once; whether the set
of parameters fits the conditions depends only on which there are and on the values of parents, so that is decided once
for each such pattern.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import ParameterValue, contains, native
from warmtune.vocabulary.space import SearchSpace

Written: TypeAlias = tuple[str, str]
"""The configuration as compact JSON in the space's order, or an empty text; and why the space refuses it, or empty."""

_Check: TypeAlias = Callable[[object], str | None]
"""From a value to its JSON in the distribution's own type; None outside the distribution."""
_Pattern: TypeAlias = tuple[bool, tuple[str, ...], tuple[str | None, ...]]
_MAX_PATTERNS: Final = 10_000

_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class ConfigurationWriter:
    """Checks and writes configurations of one space; not for several threads at once."""

    def __init__(self, space: SearchSpace) -> None:
        self._checks = {name: _check_of(distribution) for name, distribution in space.parameters.items()}
        self._heads = {name: f"{_encode(name)}:" for name in space.parameters}
        ruled: dict[str, list[tuple[str, frozenset[str]]]] = {}
        for condition in space.conditions:
            parent = space.parameters[condition.parent]
            allowed = frozenset(text for value in condition.values for text in _texts_of(parent, value))
            ruled.setdefault(condition.parameter, []).append((condition.parent, allowed))
        self._order = [(name, ruled.get(name, [])) for name in space.in_dependency_order()]
        self._parents = tuple(dict.fromkeys(condition.parent for condition in space.conditions))
        self._known: dict[_Pattern, tuple[str, list[tuple[str, str]]]] = {}

    def write(self, configuration: Mapping[str, object], *, is_whole: bool) -> Written:
        """The configuration as JSON, or why the space refuses it.

        Args:
            configuration: Values by name.
            is_whole: Whether every active parameter must be there; else what Optuna did not ask for may be missing.
        """
        checks = self._checks
        texts: dict[str, str] = {}
        for name, value in configuration.items():
            check = checks.get(name)
            if check is None:
                return "", f"{name!r} is not a parameter of the search space"
            text = check(value)
            if text is None:
                return "", f"{name!r} has a value outside its distribution"
            texts[name] = text
        pattern = (is_whole, tuple(texts), tuple([texts.get(parent) for parent in self._parents]))
        found = self._known.get(pattern)
        if found is None:
            if len(self._known) >= _MAX_PATTERNS:
                self._known.clear()
            why = self._refusal(texts, is_whole=is_whole)
            found = self._known[pattern] = (why, [(name, self._heads[name]) for name in checks if name in texts])
        why, order = found
        if why:
            return "", why
        return f"{{{','.join([head + texts[name] for name, head in order])}}}", ""

    def _refusal(self, texts: dict[str, str], *, is_whole: bool) -> str:
        """Why these parameters are not those that are active with these values of parents; empty if they are."""
        active: set[str] = set()
        for name, conditions in self._order:
            is_active = all(parent in active and texts[parent] in allowed for parent, allowed in conditions)
            if not is_active:
                if name in texts and (is_whole or all(parent in texts for parent, _ in conditions)):
                    return f"{name!r} is not active there"
            elif name in texts:
                active.add(name)
            elif is_whole:
                return f"{name!r} is missing"
        return ""


def _texts_of(distribution: BaseDistribution, value: ParameterValue) -> tuple[str, ...]:
    """How the check of a parent writes the value of a condition; there are two zeros."""
    text = _encode(native(distribution, value))
    return ("0.0", "-0.0") if text in ("0.0", "-0.0") else (text,)


def _check_of(distribution: BaseDistribution) -> _Check:
    if isinstance(distribution, CategoricalDistribution):
        return _check_of_choices(distribution)
    if isinstance(distribution, FloatDistribution) and distribution.step is None:
        low, high = distribution.low, distribution.high

        def check_float(value: object) -> str | None:
            if type(value) is float or type(value) is int:
                return float.__repr__(float(value)) if low <= value <= high and math.isfinite(value) else None
            return _slowly(distribution, value)

        return check_float
    if isinstance(distribution, IntDistribution):
        first, last, step = distribution.low, distribution.high, distribution.step

        def check_int(value: object) -> str | None:
            if type(value) is int and -(2**53) < value < 2**53:
                return int.__repr__(value) if first <= value <= last and (value - first) % step == 0 else None
            return _slowly(distribution, value)

        return check_int
    return lambda value: _slowly(distribution, value)


def _check_of_choices(distribution: CategoricalDistribution) -> _Check:
    known = {
        (isinstance(choice, bool), choice): _encode(native(distribution, choice)) for choice in distribution.choices
    }

    def check(value: object) -> str | None:
        if isinstance(value, (str, int, float, bool, type(None))):
            return known.get((isinstance(value, bool), value))
        return None

    return check


def _slowly(distribution: BaseDistribution, value: object) -> str | None:
    return _encode(native(distribution, value)) if contains(distribution, value) else None
