"""Values of the vocabulary as bodies of the API, version 1; what can't be sent is refused with its field's name."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from optuna.distributions import BaseDistribution
from pydantic import ValidationError

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial
from warmtune.wire.base import RequestBody
from warmtune.wire.complaints import limit_of, place_of
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.studies import TrialBody

SearchSpaceLike = str | SearchSpace | Mapping[str, BaseDistribution]
BodyT = TypeVar("BodyT", bound=RequestBody)

_ARGUMENTS = MappingProxyType({"n_configurations": "n", "params": "configuration"})


def as_search_space(space: SearchSpace | Mapping[str, BaseDistribution]) -> SearchSpace:
    """A search space from itself or from plain Optuna distributions by name.

    Raises:
        InvalidSearchSpaceError: Where the distributions don't make one.
    """
    return space if isinstance(space, SearchSpace) else SearchSpace(parameters=space)


def search_space_body(space: SearchSpaceLike) -> str | SearchSpaceBody:
    """What a request says for a search space: its registered name, or the whole of it."""
    return space if isinstance(space, str) else SearchSpaceBody.from_domain(as_search_space(space))


def trial_bodies(trials: Sequence[Trial]) -> list[TrialBody]:
    """The bodies of trials.

    Raises:
        InvalidInputError: On anything else.
    """
    for index, trial in enumerate(trials):
        if not isinstance(trial, Trial):
            raise InvalidInputError(
                f"trials.{index} is a {type(trial).__name__}",
                field=f"trials.{index}",
                value=trial,
                limit="a warmtune.Trial",
            )
    return [
        built(
            TrialBody,
            number=trial.number,
            params=dict(trial.configuration),
            value=trial.value,
            state=trial.state,
            duration_s=trial.duration_s,
            intermediate_values=dict(trial.intermediate_values),
        )
        for trial in trials
    ]


def task_ids_of(task_ids: Sequence[str], field: str) -> list[str]:
    """A list of ids.

    Raises:
        InvalidInputError: On a single string, whose letters would be taken for ids.
    """
    if isinstance(task_ids, str):
        raise InvalidInputError(f"{field} is one string", field=field, value=task_ids, limit="a sequence of ids")
    return list(task_ids)


def kind_of(kind: TaskKind | str | None) -> TaskKind | None:
    """A kind of task from itself or its name.

    Raises:
        InvalidInputError: On another name.
    """
    try:
        return None if kind is None else TaskKind(kind)
    except ValueError:
        raise InvalidInputError(
            f"{kind!r} is no kind of task", field="kind", value=kind, limit=", ".join(TaskKind)
        ) from None


def direction_of(direction: Direction | str | None) -> Direction | None:
    """A direction from itself or its name.

    Raises:
        InvalidInputError: On another name.
    """
    try:
        return None if direction is None else Direction(direction)
    except ValueError:
        raise InvalidInputError(
            f"{direction!r} is no direction", field="direction", value=direction, limit="minimize or maximize"
        ) from None


def built(body: type[BodyT], **fields: object) -> BodyT:
    """A checked body.

    Raises:
        InvalidInputError: Naming the first field that the API would refuse, and why.
    """
    try:
        return body.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = _field(place_of(first["loc"], fields))
        raise InvalidInputError(
            f"{field}: {first['msg']}", field=field, value=first["input"], limit=limit_of(first)
        ) from error


def sent(body: RequestBody) -> bytes:
    """A body's JSON."""
    return body.model_dump_json().encode()


def _field(place: Sequence[str]) -> str:
    """A dotted path as the API has it, but for arguments of another name than the field."""
    return ".".join((*(_ARGUMENTS.get(step, step) for step in place[:1]), *place[1:]))
