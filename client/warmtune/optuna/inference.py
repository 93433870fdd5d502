"""The search space that the trials of a study were drawn from, as far as they show."""

import math
from collections.abc import Sequence

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from warmtune.optuna.usable import is_usable
from warmtune.vocabulary.found_conditions import find_conditions
from warmtune.vocabulary.space import SearchSpace


def search_space_of(trials: Sequence[FrozenTrial]) -> SearchSpace | None:
    """All parameters of the complete trials, those that some lack under the condition that explains it.

    Where ranges differ, the widest is taken. A parameter is left out if its kind differs between trials, if no
    service takes it, or if no parameters of few values determine when it is there, as imports find it out
    (`warmtune.vocabulary.found_conditions`). None where nothing is left.
    """
    complete = [trial for trial in trials if trial.state is OptunaState.COMPLETE and trial.params]
    parameters: dict[str, BaseDistribution] = {}
    for name in dict.fromkeys(name for trial in complete for name in trial.distributions):
        seen = [trial.distributions[name] for trial in complete if name in trial.distributions]
        widest = _widest(seen)
        if widest is not None and is_usable(name, widest):
            parameters[name] = widest
    configurations = [{name: value for name, value in trial.params.items() if name in parameters} for trial in complete]
    found = find_conditions(parameters, configurations)
    kept = {name: d for name, d in parameters.items() if name not in found.unexplained}
    return SearchSpace(kept, found.conditions) if kept else None


def _widest(seen: Sequence[BaseDistribution]) -> BaseDistribution | None:
    """One distribution that has the values of all, or None where they are of different kinds."""
    first = seen[0]
    if all(other == first for other in seen):
        return first
    integers = [other for other in seen if isinstance(other, IntDistribution)]
    if len(integers) == len(seen):
        return _widest_integers(integers)
    floats = [other for other in seen if isinstance(other, FloatDistribution)]
    return _widest_floats(floats) if len(floats) == len(seen) else None


def _widest_integers(seen: Sequence[IntDistribution]) -> IntDistribution | None:
    """With the largest step that reaches all values of all."""
    if len({other.log for other in seen}) > 1:
        return None
    low, high = min(other.low for other in seen), max(other.high for other in seen)
    step = math.gcd(*(other.step for other in seen), *(other.low - low for other in seen))
    return IntDistribution(low, high, log=seen[0].log, step=step)


def _widest_floats(seen: Sequence[FloatDistribution]) -> FloatDistribution | None:
    """With the step of all where their values lie on one grid, else without any."""
    if len({other.log for other in seen}) > 1:
        return None
    low, high = min(other.low for other in seen), max(other.high for other in seen)
    step = seen[0].step
    if step is not None and not all(
        other.step == step and abs((other.low - low) / step - round((other.low - low) / step)) < 1e-8 for other in seen
    ):
        step = None
    return FloatDistribution(low, high, log=seen[0].log, step=step)
