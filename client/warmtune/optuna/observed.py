"""What an Optuna study has seen so far, in the terms of a search space."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from optuna.search_space import intersection_search_space
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from warmtune.optuna.moments import age_s
from warmtune.optuna.usable import is_usable
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidConfigurationError
from warmtune.vocabulary.space import Configuration, SearchSpace

MAX_PENDING_SENT = 1_000
JUST_BEGUN_S = 10.0


def inferred_space(trials: Sequence[FrozenTrial]) -> SearchSpace | None:
    """The parameters that all finished trials have in common, or None: what Optuna's own samplers start from.

    Parameters that no service takes (choices that are no plain values, say) are left out.
    """
    common = intersection_search_space(list(trials), include_pruned=True)
    usable = {name: distribution for name, distribution in common.items() if is_usable(name, distribution)}
    return SearchSpace(usable) if usable else None


def space_in_use(space: SearchSpace, trials: Sequence[FrozenTrial]) -> SearchSpace | None:
    """The part of the search space that the latest complete trial made use of, or None where that is nothing.

    An objective that asks for less than the search space holds would otherwise leave every trial incomplete.
    """
    complete = [trial for trial in trials if trial.state is OptunaState.COMPLETE]
    if not complete:
        return space
    latest = max(complete, key=lambda trial: trial.number).params
    used: SearchSpace | None = space
    while used is not None:
        active = used.activation.active(latest)
        unused = {name for name in used.parameters if name not in latest and name in active}
        if not unused:
            break
        used = _without(used, unused)
    return used


def projected(parameters: Configuration, space: SearchSpace) -> dict[str, ParameterValue] | None:
    """The configuration of the search space within `parameters`, or None where some of it is missing or outside."""
    active: dict[str, ParameterValue] = {}
    for name in space.in_dependency_order():
        if name in parameters and space.activation.holds(name, active):
            active[name] = parameters[name]
    try:
        return space.validate(active)
    except InvalidConfigurationError:
        return None


@dataclass(frozen=True, slots=True)
class RunningTrials:
    """What other workers evaluate now.

    Attributes:
        pending: Their configurations.
        n_ahead: How many began just before, and have not said yet what they evaluate.
    """

    pending: list[dict[str, ParameterValue]]
    n_ahead: int


def under_way(
    trials: Iterable[FrozenTrial], known: Mapping[int, Configuration], space: SearchSpace, *, number: int
) -> RunningTrials:
    """What runs beside trial `number`; of some, `known` has the configuration although storage doesn't yet."""
    pending: list[dict[str, ParameterValue]] = []
    n_ahead = 0
    for trial in trials:
        if trial.state is not OptunaState.RUNNING or trial.number == number:
            continue
        configuration = projected({**known.get(trial.number, {}), **trial.params}, space)
        if configuration is not None:
            pending.append(configuration)
        elif trial.number < number and _has_just_begun(trial):
            n_ahead += 1
    return RunningTrials(pending[-MAX_PENDING_SENT:], n_ahead)


def fixed_parameters(trial: FrozenTrial) -> Configuration:
    """The values that were enqueued for a trial; empty where the sampler is to choose."""
    fixed = trial.system_attrs.get("fixed_params", {})
    return fixed if isinstance(fixed, dict) else {}


def _has_just_begun(trial: FrozenTrial) -> bool:
    """Whether it may still be about to ask for its parameters; a worker that died leaves a trial running forever."""
    age = age_s(trial)
    return age is not None and age < JUST_BEGUN_S


def _without(space: SearchSpace, names: set[str]) -> SearchSpace | None:
    kept = {name: distribution for name, distribution in space.parameters.items() if name not in names}
    if not kept:
        return None
    return SearchSpace(
        parameters=kept,
        conditions=tuple(c for c in space.conditions if c.parameter in kept and c.parent in kept),
        defaults={name: value for name, value in space.defaults.items() if name in kept},
        aliases={name: others for name, others in space.aliases.items() if name in kept},
    )
