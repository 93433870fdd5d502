"""Optuna's finished trials as the vocabulary's."""

import math
from collections.abc import Mapping

from optuna.study import Study
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from warmtune.optuna.constraints import constraint_values
from warmtune.optuna.moments import duration_s
from warmtune.optuna.whole_study import all_trials
from warmtune.vocabulary.finite import is_finite_number, is_integer
from warmtune.vocabulary.incomplete import validate_incomplete
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.trial import MAX_INTERMEDIATE_VALUES, Trial, TrialState

FINISHED_STATES = (OptunaState.COMPLETE, OptunaState.PRUNED, OptunaState.FAIL)


def finished_with(study: Study, ending: FrozenTrial | None) -> list[FrozenTrial]:
    """All finished trials of a study, `ending` included, which its storage may still call running.

    Raises:
        StudyStorageError: If the study's storage fails.
    """
    return [*all_trials(study, FINISHED_STATES), *([] if ending is None else [ending])]


def finished_trial(frozen: FrozenTrial, search_space: SearchSpace) -> Trial:
    """A finished trial.

    A complete trial whose value is NaN or infinite counts as failed: it can't be compared with any other. One that
    violates a constraint keeps its value and says so by its constraints. Of a pruned trial, Optuna's value is its last
    intermediate one. Intermediate values that aren't finite are left out; of more than
    `MAX_INTERMEDIATE_VALUES`, evenly spaced ones are kept. One that failed or was pruned may lack parameters.

    Raises:
        InvalidConfigurationError: If its parameters are not a configuration of `search_space`, or part of one.
        InvalidInputError: If something else of it can't be reported, such as constraints that are no numbers.
    """
    if frozen.state is OptunaState.COMPLETE and _finite_values(frozen):
        return trial_of(frozen, search_space.validate(frozen.params))
    return trial_of(frozen, validate_incomplete(search_space, frozen.params))


def trial_of(frozen: FrozenTrial, configuration: Configuration) -> Trial:
    """A finished trial whose configuration is known to be one of the search space; see `finished_trial`."""
    values = _finite_values(frozen)
    value = values[0] if values else None
    state = TrialState(frozen.state.name.lower())
    if state is TrialState.COMPLETE and value is None:
        state = TrialState.FAIL
    return Trial(
        number=frozen.number,
        configuration=configuration,
        value=None if state is TrialState.FAIL else value,
        state=state,
        duration_s=duration_s(frozen),
        intermediate_values=_finite(frozen.intermediate_values),
        constraints=constraint_values(frozen),
        values=values if len(values) > 1 and state is TrialState.COMPLETE else (),
    )


def _finite_values(frozen: FrozenTrial) -> tuple[float, ...]:
    """The values of all objectives; none where one of them can't be compared."""
    values = tuple(frozen.values or ())
    return values if all(is_finite_number(value) for value in values) else ()


def _finite(values: Mapping[int, float]) -> dict[int, float]:
    steps = sorted(step for step, value in values.items() if is_integer(step) and is_finite_number(value))
    stride = math.ceil(len(steps) / MAX_INTERMEDIATE_VALUES) or 1
    return {int(step): float(values[step]) for step in steps[::stride]}
