"""Which parameter of one search space is which of another, by name and by alias."""

from collections.abc import Mapping

from warmtune.vocabulary.space import Configuration, SearchSpace


def match_names(source: SearchSpace, target: SearchSpace) -> dict[str, str]:
    """Pair the parameters that are the same thing.

    In this order, so that a plain name always beats an alias: the same name; a target's alias that is a name of the
    source; a source's alias that is a name of the target; an alias that both have. No parameter is in two pairs.

    Returns:
        The source's name by the target's, in the target's order.
    """
    pairs: dict[str, str] = {name: name for name in target.parameters if name in source.parameters}
    known_as = {alias: name for name, aliases in source.aliases.items() for alias in aliases}
    taken = set(pairs.values())
    stages: tuple[Mapping[str, tuple[str, ...]], ...] = (
        {name: tuple(a for a in target.aliases.get(name, ()) if a in source.parameters) for name in target.parameters},
        {name: (known_as[name],) for name in target.parameters if name in known_as},
        {name: tuple(known_as[a] for a in others if a in known_as) for name, others in target.aliases.items()},
    )
    for candidates in stages:
        for name in target.parameters:
            free = [candidate for candidate in candidates.get(name, ()) if candidate not in taken]
            if name not in pairs and free:
                pairs[name] = free[0]
                taken.add(free[0])
    return {name: pairs[name] for name in target.parameters if name in pairs}


def by_own_names(configuration: Configuration, space: SearchSpace) -> Configuration:
    """The configuration with aliases replaced by the names of `space`; a name that is there already wins."""
    own: Mapping[str, str] = {alias: name for name, aliases in space.aliases.items() for alias in aliases}
    renamed = {own[name]: value for name, value in configuration.items() if name in own}
    return {**renamed, **{name: value for name, value in configuration.items() if name not in own}}
