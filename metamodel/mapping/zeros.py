"""Ranges with 0 beside them, where one search space writes the 0 as a switch and the other as a number."""

from collections.abc import Mapping

from metamodel.mapping.values import MappedValue
from warmtune.vocabulary.space import Configuration


def with_zeros(given: Configuration, switches: Mapping[str, str], names: Mapping[str, str]) -> Configuration:
    """A source's configuration in which what is switched off is 0, for targets that know no switch.

    Args:
        given: By the source's own names.
        switches: Of the source, by range; see `metamodel.space.zeros`.
        names: The source's name of the target's parameters.
    """
    shared = set(names.values())
    spoken = dict(given)
    for name, switch in switches.items():
        if switch in shared or switch not in given or name not in shared:
            continue
        if spoken.pop(switch) is False:
            spoken[name] = 0
    return spoken


def switched(
    given: Configuration, switches: Mapping[str, str], names: Mapping[str, str]
) -> tuple[Configuration, dict[str, MappedValue]]:
    """What the target's switches say of a source that knows none: off where the number is 0.

    Args:
        given: By the source's own names.
        switches: Of the target, by range.
        names: The source's name of the target's parameters.

    Returns:
        The configuration without the numbers that are 0, and the target's switches.
    """
    rest = dict(given)
    decided: dict[str, MappedValue] = {}
    for name, switch in switches.items():
        own = names.get(name)
        if switch in names or own is None or own not in given:
            continue
        value = given[own]
        is_zero = isinstance(value, (int, float)) and not isinstance(value, bool) and value == 0
        decided[switch] = MappedValue(not is_zero)
        if is_zero:
            del rest[own]
    return rest, decided
