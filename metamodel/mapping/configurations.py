"""From one search space to another: configurations of past studies as the asked space would have them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from optuna.distributions import FloatDistribution, IntDistribution

from metamodel.mapping.missing_parameters import FilledValue, Filler
from metamodel.mapping.names import by_own_names, match_names
from metamodel.mapping.rulings import Rulings
from metamodel.mapping.values import MappedValue, as_text, lost_share, map_value, unit_distance
from metamodel.mapping.zeros import switched, with_zeros
from metamodel.space.zeros import zero_switches
from warmtune.vocabulary.distributions import ParameterValue, contains, native, same_value
from warmtune.vocabulary.errors import shown
from warmtune.vocabulary.space import Configuration, SearchSpace

UNKNOWN_DROP: Final = 0.5
"""Distortion of leaving out a parameter whose default isn't known, or a category that isn't it."""


@dataclass(frozen=True, slots=True)
class MappedConfiguration:
    """A configuration that the target space contains.

    Attributes:
        configuration: Valid in the target: Optuna takes every value as it is.
        adjustments: Every change in words, first those of the target's parameters, in their order of dependency.
        noise: How much the changes distort what was seen, in [0, 1]: the mean, over the target's active parameters
            and the source's dropped ones, of the share of a smooth response that each change loses. 0 for an identity.
    """

    configuration: dict[str, ParameterValue]
    adjustments: tuple[str, ...]
    noise: float


@dataclass(slots=True)
class _MappingDraft:
    """What has been decided of one mapped configuration."""

    mapped: dict[str, MappedValue]
    without_counterpart: dict[str, object]
    chosen: dict[str, ParameterValue] = field(default_factory=dict)
    adjustments: list[str] = field(default_factory=list)
    distortions: list[float] = field(default_factory=list)

    def take(self, name: str, value: ParameterValue, distortion: float, words: Iterable[str]) -> None:
        self.chosen[name] = value
        self.note(name, distortion, words)

    def note(self, name: str, distortion: float, words: Iterable[str]) -> None:
        self.distortions.append(distortion)
        self.adjustments.extend(f"{name}: {change}" for change in words if change)


@dataclass(frozen=True, slots=True)
class SpaceMapper:
    """Maps configurations of one search space to another. Immutable; threads may share it.

    Attributes:
        source: Where configurations come from.
        target: Where they must be valid.
        names: The source's name of the target's parameters, where they are the same; see `match_names`.
        fill: Answers what the source doesn't have.
        rulings: The target's conditions, with all that they depend on.
        source_zeros: The source's ranges with 0 beside them, and their switches.
        target_zeros: The target's.
    """

    source: SearchSpace
    target: SearchSpace
    names: Mapping[str, str]
    fill: Filler
    rulings: Rulings
    source_zeros: Mapping[str, str]
    target_zeros: Mapping[str, str]

    @classmethod
    def between(cls, source: SearchSpace, target: SearchSpace, *, fill: Filler) -> "SpaceMapper":
        """The mapper of two search spaces."""
        names = match_names(source, target)
        return cls(source, target, names, fill, Rulings.of(target), zero_switches(source), zero_switches(target))

    def map(self, configuration: Configuration) -> MappedConfiguration | None:
        """The configuration of the target that stands for one of the source.

        Args:
            configuration: Of the source space. Names it doesn't have are dropped, and values that its distributions
                don't contain are mapped as if they did: histories are not always as tidy as their space.

        Returns:
            None where nothing sensible remains: no active parameter is shared, a category that decides on other
            parameters has no counterpart, or the source's own such category, which the target lacks, says that this is
            a trial of another branch (the random forest of a space over several algorithms, asked by one for an SVM).

        Raises:
            InvalidConfigurationError: If `fill` answers with a value that the target refuses.
        """
        given = by_own_names(configuration, self.source)
        given = with_zeros(given, self.source_zeros, self.names)
        given, decided = switched(given, self.target_zeros, self.names)
        draft = self._shared(given)
        draft.mapped |= decided
        if not draft.mapped or self._is_other_branch(given):
            return None
        for name in self.target.in_dependency_order():
            if not self.target.activation.holds(name, draft.chosen):
                if name in draft.mapped or name in draft.without_counterpart:
                    draft.adjustments.append(self._not_met(name, given))
            elif name in draft.mapped:
                value = draft.mapped[name]
                own = self.names.get(name, name)
                renamed = f"known as {own!r} in the source" if own != name else ""
                draft.take(name, value.value, value.distortion, (renamed, value.change))
            elif name in draft.without_counterpart and self._decides(name):
                return None
            else:
                self._fill(name, draft)
        if not any(name in draft.mapped for name in draft.chosen):
            return None
        self._drop(given, draft)
        noise = sum(draft.distortions) / len(draft.distortions)
        return MappedConfiguration(self.target.validate(draft.chosen), tuple(draft.adjustments), min(noise, 1.0))

    def _shared(self, given: Configuration) -> _MappingDraft:
        """Map the values of the parameters that both spaces have."""
        draft = _MappingDraft({}, {})
        for name, own in self.names.items():
            if own in given:
                value = map_value(given[own], self.source.parameters[own], self.target.parameters[name])
                if value is None:
                    draft.without_counterpart[name] = given[own]
                else:
                    draft.mapped[name] = value
        return draft

    def _is_other_branch(self, given: Configuration) -> bool:
        """Whether a dropped category has switched off all the shared parameters that depend on it."""
        shared = set(self.names.values())
        keeping: dict[str, bool] = {}
        for condition in self.source.conditions:
            name = condition.parent
            if name in given and name not in shared and condition.parameter in shared:
                keeps = any(same_value(given[name], value) for value in condition.values)
                keeping[name] = keeping.get(name, False) or keeps
        return not all(keeping.values())

    def _decides(self, name: str) -> bool:
        return name in self.rulings.deciding

    def _fill(self, name: str, draft: _MappingDraft) -> None:
        """Choose a value for what the source doesn't say."""
        own = self.names.get(name)
        if name in draft.without_counterpart:
            why = f"choice {as_text(draft.without_counterpart[name])} is missing in the target"
        else:
            why = "missing in the source" if own is None else "not set in the source"
        rest = {other: value.value for other, value in draft.mapped.items() if other != name} | draft.chosen
        choices = self.rulings.choices(name, draft.mapped)
        if choices is not None and len(choices) == 1:
            filled = FilledValue(choices[0], "the only one that keeps the rest active", 0.0)
        else:
            filled = self.fill(name, rest, choices)
        distortion = 1.0 if name in draft.without_counterpart else filled.distortion
        draft.take(name, filled.value, distortion, [f"{why}, filled with {as_text(filled.value)}, {filled.origin}"])

    def _not_met(self, name: str, given: Configuration) -> str:
        needs = " and ".join(f"{c.parent!r} in {shown(list(c.values))}" for c in self.rulings.own(name))
        return f"{name}: {as_text(given[self.names[name]])} dropped, condition not met: it needs {needs}"

    def _drop(self, given: Configuration, draft: _MappingDraft) -> None:
        """Report what the target doesn't have, and what leaving it out may change."""
        shared = set(self.names.values())
        for name, value in given.items():
            if name not in shared:
                words = f"{as_text(value)} dropped, the target has no such parameter"
                draft.note(name, _distance_from_default(self.source, name, value), [words])


def _distance_from_default(source: SearchSpace, name: str, value: object) -> float:
    """What leaving out a parameter loses: without it a program runs with its default, which may be the same."""
    if name not in source.parameters or name not in source.defaults or not contains(source.parameters[name], value):
        return UNKNOWN_DROP
    distribution, default = source.parameters[name], source.defaults[name]
    own = native(distribution, value)
    if same_value(own, native(distribution, default)):
        return 0.0
    if isinstance(distribution, (FloatDistribution, IntDistribution)):
        return lost_share(unit_distance(distribution, float(own or 0), float(default or 0)))
    return UNKNOWN_DROP
