"""Reported trials against the search space of their study."""

from collections.abc import Sequence
from functools import partial

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidConfigurationError, InvalidInputError
from warmtune.vocabulary.incomplete import validate_incomplete
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.trial import Trial, TrialState
from warmtune.wire.studies import TrialBody


def checked_trials(space: SearchSpace, bodies: Sequence[TrialBody]) -> tuple[Trial, ...]:
    """The trials with values in their distributions' own types.

    A trial that completed has exactly the active parameters. One that is waiting, running, pruned or failed may lack
    some, since Optuna asks for them one by one; those that it has must be ones that the search space could give.

    Raises:
        InvalidInputError: Naming the trial's place in the batch and the parameter; the message has its number.
    """
    return tuple(_checked(space, body, index) for index, body in enumerate(bodies))


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
        )
    except InvalidInputError as error:
        raise error.placed(f"trials.{index}.{error.field}", f"trial {body.number}: {error.message}") from error
