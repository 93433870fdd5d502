"""The search space that the trials of a study were drawn from, as far as they tell."""

from collections.abc import Mapping, Sequence

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from warmtune.vocabulary.distributions import same_value
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Condition, SearchSpace


def search_space_of(trials: Sequence[FrozenTrial]) -> SearchSpace | None:
    """All parameters of the complete trials, those that some lack under the condition that explains it.

    Where ranges differ, the widest is taken. A parameter is left out if its kind differs between trials, if a search
    space can't hold it, or if no categorical parameter tells when it is there. None where nothing is left.
    """
    complete = [trial for trial in trials if trial.state is OptunaState.COMPLETE and trial.params]
    parameters: dict[str, BaseDistribution] = {}
    for name in dict.fromkeys(name for trial in complete for name in trial.distributions):
        seen = [trial.distributions[name] for trial in complete if name in trial.distributions]
        widest = _widest(seen)
        if widest is not None and _is_usable(name, widest):
            parameters[name] = widest
    always = {name: d for name, d in parameters.items() if all(name in trial.params for trial in complete)}
    conditions = {
        name: condition
        for name in parameters
        if name not in always and (condition := _condition(name, always, complete)) is not None
    }
    kept = {name: d for name, d in parameters.items() if name in always or name in conditions}
    return SearchSpace(kept, tuple(conditions.values())) if kept else None


def _widest(seen: Sequence[BaseDistribution]) -> BaseDistribution | None:
    """One distribution that has the values of all, or None where they are of different kinds."""
    first = seen[0]
    if all(other == first for other in seen):
        return first
    if isinstance(first, CategoricalDistribution) or any(type(other) is not type(first) for other in seen):
        return None
    numeric = [other for other in seen if isinstance(other, (FloatDistribution, IntDistribution))]
    if len({(other.log, other.step) for other in numeric}) > 1:
        return None
    low, high = min(other.low for other in numeric), max(other.high for other in numeric)
    if isinstance(first, IntDistribution):
        return IntDistribution(int(low), int(high), log=first.log, step=first.step)
    return FloatDistribution(low, high, log=numeric[0].log, step=numeric[0].step)


def _condition(name: str, parents: Mapping[str, BaseDistribution], trials: Sequence[FrozenTrial]) -> Condition | None:
    """The first categorical parameter whose value tells in all trials whether `name` is there."""
    for parent, distribution in parents.items():
        if not isinstance(distribution, CategoricalDistribution):
            continue
        having = [trial.params[parent] for trial in trials if name in trial.params]
        lacking = [trial.params[parent] for trial in trials if name not in trial.params]
        if not any(same_value(one, other) for one in having for other in lacking):
            values = [choice for choice in distribution.choices if any(same_value(choice, v) for v in having)]
            return Condition(name, parent, tuple(values))
    return None


def _is_usable(name: str, distribution: BaseDistribution) -> bool:
    try:
        SearchSpace({name: distribution})
    except InvalidInputError:
        return False
    return True
