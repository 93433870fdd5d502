"""Ranges that have 0 beside them, "0 or logarithmic": a switch, and the range where the switch is on.

Optuna has no such distribution, and a logarithmic range can't reach 0. A study writes it
``trial.suggest_float("alpha", 1e-4, 1, log=True) if trial.suggest_categorical("use_alpha", [False, True]) else 0``,
and a search space has a category ``use_alpha`` of False and True on which alone ``alpha`` depends. Nothing else is
needed on the wire; here such pairs are recognised by their names.
"""

from collections.abc import Mapping

from optuna.distributions import CategoricalDistribution

from warmtune.vocabulary.space import SearchSpace

PREFIX = "use_"


def zero_switches(space: SearchSpace) -> Mapping[str, str]:
    """The switch of every range that is 0 where it is off, by the range's name.

    Names with dots keep what is before the last one: the switch of ``svm.alpha`` is ``svm.use_alpha``.
    """
    found = {}
    for name, distribution in space.parameters.items():
        switch = _switch_of(name)
        own = [c for c in space.conditions if c.parameter == name]
        if (
            switch in space.parameters
            and not isinstance(distribution, CategoricalDistribution)
            and _is_off_or_on(space, switch)
            and len(own) == 1
            and own[0].parent == switch
            and own[0].values == (True,)
        ):
            found[name] = switch
    return found


def _switch_of(name: str) -> str:
    before, dot, last = name.rpartition(".")
    return f"{before}{dot}{PREFIX}{last}"


def _is_off_or_on(space: SearchSpace, switch: str) -> bool:
    distribution = space.parameters[switch]
    return (
        isinstance(distribution, CategoricalDistribution)
        and all(isinstance(choice, bool) for choice in distribution.choices)
        and set(distribution.choices) == {False, True}
    )
