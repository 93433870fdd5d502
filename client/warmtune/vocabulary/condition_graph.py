"""When parameters are active: the conditions of a search space, grouped once and answered in linear time."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from warmtune.vocabulary.errors import InvalidSearchSpaceError, shown

Value = object
Rule = tuple[str, str, tuple[Value, ...]]
"""A parameter, its parent, and the parent's values under which it is active."""

_UNHASHABLE = (False, None, "unhashable")


def value_key(value: object) -> Hashable:
    """A key that two values share exactly where `distributions.same_value` calls them the same: True is not 1.

    What can't be hashed is no value of any distribution; it gets a key that no value has.
    """
    return (isinstance(value, bool), value) if isinstance(value, Hashable) else _UNHASHABLE


@dataclass(frozen=True, slots=True)
class ConditionGraph:
    """The conditions of one search space. Immutable; threads may share it.

    Attributes:
        order: All parameters, parents before children, otherwise in their own order.
        parents: For each conditional parameter its parents, each with the keys of the values that all conditions allow.
    """

    order: tuple[str, ...]
    parents: Mapping[str, Mapping[str, frozenset[Hashable]]]

    @classmethod
    def of(cls, names: Iterable[str], rules: Iterable[Rule]) -> "ConditionGraph":
        """Group the conditions; linear in names, conditions and their values.

        Args:
            names: Of all parameters, in their order.
            rules: Over these names only.

        Raises:
            InvalidSearchSpaceError: If the conditions form a cycle.
        """
        parents: dict[str, dict[str, frozenset[Hashable]]] = {}
        for parameter, parent, values in rules:
            allowed = frozenset(map(value_key, values))
            own = parents.setdefault(parameter, {})
            own[parent] = own[parent] & allowed if parent in own else allowed
        frozen = {name: MappingProxyType(own) for name, own in parents.items()}
        return cls(_ordered(tuple(names), frozen), MappingProxyType(frozen))

    def holds(self, name: str, chosen: Mapping[str, object]) -> bool:
        """Whether a parameter is active, where `chosen` has values of active parameters only.

        That is so for whoever fills `chosen` in the order of `order`. Linear in the parameter's own parents.
        """
        own = self.parents.get(name)
        return own is None or all(
            parent in chosen and value_key(chosen[parent]) in allowed for parent, allowed in own.items()
        )

    def active(self, values: Mapping[str, object]) -> frozenset[str]:
        """All active parameters, given any values: of a parent that is not active, the value doesn't count."""
        found: dict[str, object] = {}
        for name in self.order:
            if self.holds(name, found):
                found[name] = values.get(name, _UNHASHABLE)
        return frozenset(found)


def _ordered(names: tuple[str, ...], parents: Mapping[str, Mapping[str, object]]) -> tuple[str, ...]:
    """Parents before children: as repeated walks over the names would find them, but in one pass."""
    place = {name: index for index, name in enumerate(names)}
    children: dict[str, list[str]] = {}
    missing = {name: len(parents.get(name, ())) for name in names}
    for name, own in parents.items():
        for parent in own:
            children.setdefault(parent, []).append(name)
    walk = dict.fromkeys((name for name in names if missing[name] == 0), 0)
    ready = list(walk)
    for parent in ready:  # grows
        for child in children.get(parent, ()):
            later = walk[parent] + (place[parent] > place[child])  # a child that stands first waits for the next walk
            walk[child] = max(walk.get(child, 0), later)
            missing[child] -= 1
            if missing[child] == 0:
                ready.append(child)
    if len(ready) < len(names):
        stuck = sorted(set(names) - set(ready))
        raise InvalidSearchSpaceError(
            f"the conditions of {shown(stuck)} form a cycle", field="search_space.conditions", value=stuck
        )
    return tuple(sorted(names, key=lambda name: (walk[name], place[name])))
