"""Which conditions of a search space decide on a parameter, those of its parents included."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from optuna.distributions import CategoricalDistribution

from warmtune.vocabulary.condition_graph import value_key
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Condition, SearchSpace


@dataclass(frozen=True, slots=True)
class Rulings:
    """The conditions of one search space by what they decide on. Immutable; threads may share it.

    Attributes:
        space: Whose conditions.
        deciding: The parameters that decide on others.
        by_parameter: For each conditional parameter, by the parent that decides: the conditions on the parameter and
            on all that it depends on, each once.
    """

    space: SearchSpace
    deciding: frozenset[str]
    by_parameter: Mapping[str, Mapping[str, tuple[Condition, ...]]]

    @classmethod
    def of(cls, space: SearchSpace) -> "Rulings":
        """Gather them, parents first, so that no chain of parents is walked twice."""
        own: dict[str, list[int]] = {}
        for index, condition in enumerate(space.conditions):
            own.setdefault(condition.parameter, []).append(index)
        ruling: dict[str, dict[int, None]] = {}
        for name in space.activation.order:
            if name in own:
                found = dict.fromkeys(own[name])
                for parent in space.activation.parents[name]:
                    found |= ruling.get(parent, {})
                ruling[name] = found
        grouped: dict[str, Mapping[str, tuple[Condition, ...]]] = {}
        for name, found in ruling.items():
            by_parent: dict[str, list[Condition]] = {}
            for index in found:
                by_parent.setdefault(space.conditions[index].parent, []).append(space.conditions[index])
            grouped[name] = {parent: tuple(conditions) for parent, conditions in by_parent.items()}
        return cls(space, frozenset(condition.parent for condition in space.conditions), grouped)

    def own(self, name: str) -> tuple[Condition, ...]:
        """The conditions on a parameter itself."""
        ruling = self.by_parameter.get(name, {})
        return tuple(c for conditions in ruling.values() for c in conditions if c.parameter == name)

    def choices(self, name: str, rest: Iterable[str]) -> tuple[ParameterValue, ...] | None:
        """The values of a parameter that keep the most of `rest` active, or None where it makes no difference."""
        if name not in self.deciding:
            return None
        conditions = [c for other in rest for c in self.by_parameter.get(other, {}).get(name, ())]
        if not conditions:
            return None
        kept: Counter[Hashable] = Counter()
        values: dict[Hashable, ParameterValue] = {}
        for condition in conditions:
            here = {value_key(value): value for value in condition.values}
            kept.update(here.keys())
            values |= here
        most = max(kept.values())
        distribution = self.space.parameters[name]
        if not isinstance(distribution, CategoricalDistribution):  # a number that no condition names keeps nothing
            return tuple(self.space.native(name, value) for key, value in values.items() if kept[key] == most)
        best = {key for key, count in kept.items() if count == most}
        if len(best) == len(distribution.choices):
            return None
        return tuple(self.space.native(name, c) for c in distribution.choices if value_key(c) in best)
