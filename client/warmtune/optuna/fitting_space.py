"""The search space that a study's trials are reported under: the one that takes most of them."""

from collections import Counter
from collections.abc import Iterable, Sequence

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from warmtune.optuna.inference import search_space_of
from warmtune.optuna.observed import inferred_space, space_in_use
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.magnitudes import check_magnitudes
from warmtune.vocabulary.space import Condition, SearchSpace


def fitting_space(given: SearchSpace | None, trials: Sequence[FrozenTrial]) -> SearchSpace | None:
    """The search space that takes most of the complete trials.

    An objective may ask for fewer parameters than the given search space has, for more, for other ranges, or in some
    trials only for a part. What it asked for, with the conditions that this implies, then says more.

    Args:
        given: What the user says is searched, or None.
        trials: Of the study, by number.

    Returns:
        The given one where none takes more, or where the trials have nothing of it; None where no parameter is known.
    """
    complete = [t for t in trials if t.state is OptunaState.COMPLETE and t.params]
    if given is not None and not any(set(t.params) & set(given.parameters) for t in complete):
        return given
    candidates = [space for space in _candidates(given, trials, complete) if space is not None]
    return max(candidates, key=lambda s: (n_taken(s, complete), len(s.parameters)), default=None)  # the first of equals


def n_taken(space: SearchSpace, trials: Iterable[FrozenTrial]) -> int:
    """How many complete trials are configurations of the search space."""
    return sum(t.state is OptunaState.COMPLETE and _takes(space, t) for t in trials)


def _candidates(
    given: SearchSpace | None, trials: Sequence[FrozenTrial], complete: Sequence[FrozenTrial]
) -> list[SearchSpace | None]:
    kinds = Counter(frozenset(t.params) for t in complete)
    most = kinds.most_common(1)[0][0] if kinds else frozenset()
    alike = [t for t in complete if frozenset(t.params) == most]
    first = [inferred_space(trials)] if given is None else [given, space_in_use(given, trials)]
    return [*first, _asked_for(given, complete), _asked_for(given, alike)]


def _asked_for(given: SearchSpace | None, trials: Sequence[FrozenTrial]) -> SearchSpace | None:
    """What trials asked for; in the given terms where these take it."""
    found = search_space_of(trials)
    if found is None:
        return None
    parameters = {
        name: _reaching(d, [t.params[name] for t in trials if name in t.params]) for name, d in found.parameters.items()
    }
    conditions = found.conditions
    if given is not None:
        parameters = {name: _better(given, name, d, trials) for name, d in parameters.items()}
        conditions = _joined(given, found.conditions, parameters)
    try:
        space = SearchSpace(parameters, conditions)
        check_magnitudes(space)
    except InvalidInputError:  # conditions that contradict each other, or bounds that no service takes
        return None
    return space


def _reaching(asked: BaseDistribution, tried: Sequence[float]) -> BaseDistribution:
    """The asked range as far as what was tried: enqueued values may lie beyond, and Optuna takes them all the same."""
    if not isinstance(asked, (FloatDistribution, IntDistribution)) or asked.step not in {None, 1}:
        return asked
    low, high = min([asked.low, *tried]), max([asked.high, *tried])
    if (low, high) == (asked.low, asked.high) or (asked.log and low <= 0):
        return asked
    if isinstance(asked, IntDistribution):
        return IntDistribution(int(low), int(high), log=asked.log)
    return FloatDistribution(low, high, log=asked.log)


def _better(given: SearchSpace, name: str, asked: BaseDistribution, trials: Sequence[FrozenTrial]) -> BaseDistribution:
    """The given distribution where it has all values of the trials, else what they asked for."""
    is_enough = name in given.parameters and all(
        given.contains(name, t.params[name]) for t in trials if name in t.params
    )
    return given.parameters[name] if is_enough else asked


def _joined(
    given: SearchSpace, found: tuple[Condition, ...], parameters: dict[str, BaseDistribution]
) -> tuple[Condition, ...]:
    """The given conditions, and those found of parameters that are given none."""
    kept = tuple(c for c in given.conditions if c.parameter in parameters and c.parent in parameters)
    known = {c.parameter for c in kept}
    return (*kept, *(c for c in found if c.parameter not in known))


def _takes(space: SearchSpace, trial: FrozenTrial) -> bool:
    try:
        space.validate(trial.params)
    except InvalidInputError:
        return False
    return True
