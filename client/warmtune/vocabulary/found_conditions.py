"""Conditions of a define-by-run search space, found in what its trials asked for.

Optuna's storages don't say when a parameter is asked for, only whether it was. A parameter that some complete trials
lack is explained by a condition on a parent if its presence is a function of the parent's value over all of them.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from warmtune.vocabulary.distributions import ParameterValue, native
from warmtune.vocabulary.space import Condition, Configuration

MAX_PARENT_VALUES: Final = 100
"""A parameter with more values decides on nothing that a condition could list."""

TRIALS_PER_VALUE: Final = 3
"""So many trials for each value of a whole number make more than two changes along it no coincidence."""
_MOST_CHANGES: Final = 2

Pattern = tuple[frozenset[str], tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class FoundConditions:
    """What explains which parameters a trial has.

    Attributes:
        conditions: All of those of one parameter must hold.
        unexplained: Parameters that some trials lack for no reason that conditions could say.
    """

    conditions: tuple[Condition, ...]
    unexplained: frozenset[str]


class _Parents:
    """Values of the parameters that others may depend on, as texts that distinguish True from 1 and 1 from 1.0."""

    def __init__(self, distributions: Mapping[str, BaseDistribution]) -> None:
        self.values: dict[str, dict[str, ParameterValue]] = {}
        self.n_trials = 0
        self._numbers = {name for name, own in distributions.items() if isinstance(own, IntDistribution)}
        for name, distribution in distributions.items():
            listed = _listed(distribution)
            if listed is not None:
                self.values[name] = {_text(value): value for value in listed}

    def pattern(self, configuration: Configuration) -> Pattern:
        """Which parameters a trial has, and the values of those that may decide."""
        deciding = tuple((name, _text(configuration[name])) for name in self.values if name in configuration)
        return frozenset(configuration), deciding

    def explains(self, name: str, there: frozenset[str], gone: frozenset[str]) -> bool:
        """Whether it is no coincidence that a parameter is there with some values of a parent and gone with others."""
        if name not in self._numbers or self.n_trials >= TRIALS_PER_VALUE * len(there | gone):
            return True
        known = self.values[name]
        along = [text in there for text in sorted(there | gone, key=lambda text: float(known[text] or 0))]
        return sum(one is not other for one, other in itertools.pairwise(along)) <= _MOST_CHANGES


def find_conditions(
    distributions: Mapping[str, BaseDistribution], configurations: Iterable[Configuration]
) -> FoundConditions:
    """Explain which parameters complete trials have.

    A single parent is preferred to two, a parent that always is there to one that depends on others, categories to
    whole numbers. Of a whole number that differs in nearly every trial, any pattern is a function: it explains only
    what holds below, above or between values, unless there are `TRIALS_PER_VALUE` trials for each value. Values of a
    parent that no trial had are decided by the nearest one for numbers, and leave the parameter inactive for
    categories.

    Args:
        distributions: Of all parameters, in order.
        configurations: Of complete trials, whose values the distributions contain.
    """
    parents = _Parents(distributions)
    patterns = Counter(parents.pattern(configuration) for configuration in configurations)
    parents.n_trials = patterns.total()
    if not patterns:
        return FoundConditions((), frozenset())
    always = frozenset.intersection(*(present for present, _ in patterns))
    split = [(present, dict(deciding)) for present, deciding in patterns]
    open_names = [name for name in distributions if name not in always]
    resolved = [name for name in distributions if name in always]
    found: list[Condition] = []
    while open_names:
        explained = {}
        for name in open_names:
            candidates = sorted(
                (parent for parent in resolved if parent in parents.values),
                key=lambda parent: not isinstance(distributions[parent], CategoricalDistribution),
            )
            because = _explanation(name, candidates, split, parents)
            if because is not None:
                explained[name] = because
        if not explained:
            break
        for name, because in explained.items():
            found += [
                Condition(name, parent, _completed(distributions[parent], parents.values[parent], there, gone))
                for parent, (there, gone) in because.items()
            ]
            resolved.append(name)
        open_names = [name for name in open_names if name not in explained]
    found.sort(key=lambda condition: (condition.parameter, condition.parent))  # their order counts for equality
    return FoundConditions(tuple(found), frozenset(open_names))


Explanation = dict[str, tuple[frozenset[str], frozenset[str]]]


def _explanation(
    name: str, candidates: list[str], patterns: list[tuple[frozenset[str], dict[str, str]]], parents: _Parents
) -> Explanation | None:
    """Values of one parent, or of two, with which a parameter is there and with which it isn't."""
    if not any(name in present for present, _ in patterns):
        return None
    for n_parents in (1, 2):
        for chosen in itertools.combinations(candidates, n_parents):
            there: list[set[str]] = [set() for _ in chosen]
            if not all(_note(there, chosen, values) for present, values in patterns if name in present):
                continue
            rest = [values for present, values in patterns if name not in present]
            if not any(_holds(there, chosen, values) for values in rest):
                gone = [
                    {values[parent] for values in rest if parent in values} - seen
                    for parent, seen in zip(chosen, there, strict=True)
                ]
                because = {
                    parent: (frozenset(seen), frozenset(without))
                    for parent, seen, without in zip(chosen, there, gone, strict=True)
                }
                if all(parents.explains(parent, *values) for parent, values in because.items()):
                    return because
    return None


def _note(there: list[set[str]], chosen: tuple[str, ...], values: Mapping[str, str]) -> bool:
    """Note the parents' values of a trial that has the parameter; False if it lacks a parent."""
    for seen, parent in zip(there, chosen, strict=True):
        if parent not in values:
            return False
        seen.add(values[parent])
    return True


def _holds(there: list[set[str]], chosen: tuple[str, ...], values: Mapping[str, str]) -> bool:
    return all(values.get(parent) in seen for seen, parent in zip(there, chosen, strict=True))


def _completed(
    distribution: BaseDistribution,
    known: Mapping[str, ParameterValue],
    there: frozenset[str],
    gone: frozenset[str],
) -> tuple[ParameterValue, ...]:
    """The values with which a parameter is there, those of a number that no trial had included."""
    if not isinstance(distribution, IntDistribution):
        return tuple(value for text, value in known.items() if text in there)
    seen = [(float(known[text] or 0), text in there) for text in there | gone]  # whole numbers, so never None

    def is_near(value: ParameterValue) -> bool:
        distances = [(abs(at - float(value or 0)), not holds) for at, holds in seen]
        return not min(distances)[1]

    return tuple(value for value in known.values() if is_near(value))


def _listed(distribution: BaseDistribution) -> list[ParameterValue] | None:
    if isinstance(distribution, CategoricalDistribution):
        if len(distribution.choices) > MAX_PARENT_VALUES:
            return None
        return [native(distribution, choice) for choice in distribution.choices]
    if isinstance(distribution, IntDistribution):
        if (distribution.high - distribution.low) // distribution.step >= MAX_PARENT_VALUES:
            return None
        return list(range(distribution.low, distribution.high + 1, distribution.step))
    return None


def _text(value: object) -> str:
    return f"{type(value).__name__}:{value!r}"
