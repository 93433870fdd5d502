"""How much of one search space the trials of another can speak for."""

from typing import Final

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from metamodel.mapping.names import match_names
from metamodel.mapping.rulings import Rulings
from metamodel.mapping.values import map_value
from warmtune.vocabulary.distributions import contains
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.space import Condition, SearchSpace

MIN_COMPATIBILITY: Final = 0.3
"""Below this, histories aren't used: seven tenths of what is asked would be guessed."""


def compatibility(source: SearchSpace, target: SearchSpace) -> float:
    """Share of the target that a source can speak for, from 0 to 1; 1 if they are equal.

    The mean over the target's parameters of how much of each one's range (in its own scale) or choices the source
    covers, weighted by how often the parameter is active when all choices are equally frequent. A parameter that the
    source lacks is not covered, except for the choices of a branch that is known by its own parameters: a space of an
    SVM alone covers the choice "svm" of a space over several algorithms. What the source has in excess costs nothing
    here; it shows in the noise of each mapped configuration.
    """
    names = match_names(source, target)
    weights, covered = list(activities(target).values()), []
    rulings = Rulings.of(target)
    for name, distribution in target.parameters.items():
        if name in names:
            covered.append(_covered(source.parameters[names[name]], distribution))
        else:
            covered.append(_known_branches(rulings, name, names))
    return float(np.dot(weights, covered) / np.sum(weights))


def activities(space: SearchSpace) -> dict[str, float]:
    """Share of configurations in which each parameter is active, if all values of its parents are equally frequent.

    A number as a parent counts as half: its conditions name few of many values, but those are the ones that matter.
    Linear in parameters and conditions.
    """
    share = dict.fromkeys(space.parameters, 1.0)
    own: dict[str, list[Condition]] = {}
    for condition in space.conditions:
        own.setdefault(condition.parameter, []).append(condition)
    for name in space.activation.order:  # parents first
        for condition in own.get(name, ()):
            parent = space.parameters[condition.parent]
            if isinstance(parent, CategoricalDistribution):
                share[name] *= len(condition.values) / len(parent.choices)
            else:
                share[name] *= 0.5
            share[name] *= share[condition.parent]
    return share


def _covered(source: BaseDistribution, target: BaseDistribution) -> float:
    """Share of a target's range or choices that a source's values reach."""
    if isinstance(target, CategoricalDistribution):
        if isinstance(source, CategoricalDistribution):
            mapped = [map_value(choice, source, target) for choice in source.choices]
            reached = {repr(value.value) for value in mapped if value is not None}
        else:
            low, high = _range(source)
            reached = {repr(c) for c in target.choices if is_finite_number(c) and low <= c <= high}
        return len(reached) / len(target.choices)
    if isinstance(source, CategoricalDistribution):
        inside = [v.value for c in source.choices if (v := map_value(c, source, target)) is not None]
        numbers = [float(value) for value in inside if is_finite_number(value)]
        if not numbers:
            return 0.0
        return _overlap(FloatDistribution(min(numbers), max(numbers)), target)
    return _overlap(source, target)


def _overlap(source: BaseDistribution, target: BaseDistribution) -> float:
    """Share of the target's range, in its own scale, that lies in the source's; cells of integers are whole."""
    low, high = _range(target)
    is_log = isinstance(target, (FloatDistribution, IntDistribution)) and target.log
    other_low, other_high = _range(source)
    start, end = max(low, other_low), min(high, other_high)
    if low == high:
        return float(start <= end)
    if start >= end:
        return 0.0
    if is_log:
        low, high, start, end = (float(np.log(x)) for x in (low, high, start, end))
    if low == high:  # neighbouring floats have one logarithm
        return 1.0
    return (end / 2 - start / 2) / (high / 2 - low / 2)  # halved: a range may be wider than the largest float


def _range(distribution: BaseDistribution) -> tuple[float, float]:
    if isinstance(distribution, IntDistribution):
        half = 0.5 * distribution.step
        return distribution.low - half, distribution.high + half
    if isinstance(distribution, FloatDistribution):
        return distribution.low, distribution.high
    return np.inf, -np.inf


def _known_branches(rulings: Rulings, name: str, shared: dict[str, str]) -> float:
    """Share of a category's choices that follow from the shared parameters which only they activate."""
    distribution = rulings.space.parameters[name]
    if not isinstance(distribution, CategoricalDistribution):
        return 0.0
    known = set()
    for other in shared:
        choices = rulings.choices(name, [other])
        if choices is not None and len(choices) == 1 and contains(distribution, choices[0]):
            known.add(repr(choices[0]))
    return len(known) / len(distribution.choices)
