"""Reported trials against the search space of their study."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidConfigurationError, InvalidInputError
from warmtune.vocabulary.incomplete import validate_incomplete
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.trial import Trial, TrialState
from warmtune.wire.studies import TrialBody


def checked_trials(space: SearchSpace, bodies: Sequence[TrialBody], *, n_objectives: int = 1) -> tuple[Trial, ...]:
    """The trials with values in their distributions' own types.

    With several objectives a trial that completed has one value for each.

    A trial that completed has exactly the active parameters. One that is waiting, running, pruned or failed may lack
    some, since Optuna asks for them one by one; those that it has must be ones that the search space could give.

    Raises:
        InvalidInputError: Naming the trial's place in the batch and the parameter; the message has its number.
    """
    trials = tuple(_checked(space, body, index) for index, body in enumerate(bodies))
    for index, trial in enumerate(trials):
        n_values = len(trial.values)
        is_right = n_values == n_objectives or (not n_values and (n_objectives == 1 or trial.value is None))
        if not is_right:
            raise InvalidInputError(
                f"trial {trial.number} has {n_values} values for {n_objectives} objectives",
                field=f"trials.{index}.values",
                value=list(trial.values),
                limit=f"{n_objectives} values",
            )
    if n_objectives > 1:
        return trials
    return tuple(replace(trial, values=()) if trial.values else trial for trial in trials)


def checked_configurations(
    space: SearchSpace, many: Sequence[Configuration], *, field: str
) -> tuple[dict[str, ParameterValue], ...]:
    """Whole configurations with values in their distributions' own types.

    Raises:
        InvalidConfigurationError: Naming the configuration's place and the parameter.
    """
    result = []
    for index, configuration in enumerate(many):
        try:
            result.append(space.validate(configuration))
        except InvalidConfigurationError as error:
            inner = (error.field or "").removeprefix("params.")
            raise error.placed(f"{field}.{index}.{inner}", error.message) from error
    return tuple(result)


def _checked(space: SearchSpace, body: TrialBody, index: int) -> Trial:
    check = space.validate if body.state is TrialState.COMPLETE else partial(validate_incomplete, space)
    try:
        return Trial(
            number=body.number,
            configuration=check(body.params),
            value=body.value,
            state=body.state,
            duration_s=body.duration_s,
            intermediate_values=body.intermediate_values,
            constraints=tuple(body.constraints),
            values=tuple(body.values),
        )
    except InvalidInputError as error:
        raise error.placed(f"trials.{index}.{error.field}", f"trial {body.number}: {error.message}") from error
