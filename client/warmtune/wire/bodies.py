"""Values of the vocabulary as bodies of the API, version 1; what can't be sent is refused with its field's name."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from optuna.distributions import BaseDistribution
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.collections import several
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError
from warmtune.vocabulary.metrics import Direction, warn_of_spelling
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial
from warmtune.wire.base import RequestBody
from warmtune.wire.complaints import limit_of, place_of
from warmtune.wire.imports import FileOptionsBody, ImportedTaskBody
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.studies import TrialBody, trial_fields

TaskKnowledge = TaskDescription | str
SearchSpaceLike = str | SearchSpace | NamedSearchSpace | Mapping[str, BaseDistribution]
BodyT = TypeVar("BodyT", bound=RequestBody)

_ARGUMENTS = MappingProxyType({"n_configurations": "n", "params": "configuration"})


def as_search_space(space: SearchSpace | NamedSearchSpace | Mapping[str, BaseDistribution]) -> SearchSpace:
    """A search space from itself, from a registered one as it was read, or from Optuna's distributions by name.

    Raises:
        InvalidSearchSpaceError: Where the distributions don't make one, or it is none of these.
    """
    given: object = space
    if isinstance(given, SearchSpace):
        return given
    if isinstance(given, NamedSearchSpace):
        return given.search_space
    if not isinstance(given, Mapping):
        hint = (
            f"; client.get_search_space({given!r}).search_space is that of the name" if isinstance(given, str) else ""
        )
        raise InvalidSearchSpaceError(
            f"a search space is a SearchSpace or Optuna's distributions by name, not {type(given).__name__}{hint}",
            field="search_space",
            value=given,
            limit="a SearchSpace, or a mapping of names to optuna.distributions",
        )
    return SearchSpace(parameters=given)


def registered_name(space: object, *, limit: str, remedy: str) -> str:
    """The name of a registered search space, from itself or from the registered one as it was read.

    Args:
        space: What was given.
        limit: What may be given, in words.
        remedy: What to do with a search space that has no name.

    Raises:
        InvalidInputError: On a search space without a name, or anything else.
    """
    if isinstance(space, NamedSearchSpace):
        return space.name
    if isinstance(space, str):
        return space
    if isinstance(space, (SearchSpace, Mapping)):
        reason = f"a search space itself is given where a name is due: {remedy}"
    else:
        reason = f"the name of a search space must be a string, not {type(space).__name__}"
    raise InvalidInputError(reason, field="search_space", value=space, limit=limit)


def asked_space_name(search_space: object) -> str:
    """The name by which the service is asked about a search space.

    Raises:
        InvalidInputError: If there is none; the message says how it gets one.
    """
    return registered_name(
        search_space,
        limit="a registered name, or a NamedSearchSpace as client.get_search_space returns it",
        remedy="register it by client.put_search_space(name, search_space), and pass the name",
    )


def search_space_body(space: SearchSpaceLike) -> str | SearchSpaceBody:
    """What a request says for a search space: its registered name, or the whole of it."""
    return space if isinstance(space, str) else SearchSpaceBody.from_domain(as_search_space(space))


def trial_bodies(trials: Sequence[Trial]) -> list[TrialBody]:
    """The bodies of trials.

    Raises:
        InvalidInputError: On anything else.
    """
    known: list[Trial] = []
    for index, trial in enumerate(several(trials, "trials", "a sequence of warmtune.Trial")):
        if not isinstance(trial, Trial):
            raise InvalidInputError(
                f"trials.{index} is {with_article(type(trial).__name__)}",
                field=f"trials.{index}",
                value=trial,
                limit="a warmtune.Trial",
            )
        known.append(trial)
    return [built(TrialBody, **trial_fields(trial)) for trial in known]


def imported_task_body(task: TaskKnowledge) -> ImportedTaskBody:
    """The body of what is known of a dataset: its description, or a stored task's id.

    Raises:
        InvalidInputError: On anything else.
    """
    if isinstance(task, str):
        return built(ImportedTaskBody, task_id=task)
    if not isinstance(task, TaskDescription):
        raise InvalidInputError(
            f"a task is {with_article(type(task).__name__)}",
            field="tasks",
            value=task,
            limit="a TaskDescription or a task's id",
        )
    described = task.meta_features
    return built(
        ImportedTaskBody,
        kind=task.kind,
        meta_features=dict(described.values),
        gaps=dict(described.gaps),
        version=described.version,
        content_hash=task.content_hash,
    )


def file_options_body(pattern: str, said: Mapping[str, object]) -> FileOptionsBody:
    """The body of what is said of a folder's files whose names fit a pattern.

    Raises:
        InvalidInputError: On other options, or values that the API would refuse.
    """
    if not isinstance(said, Mapping) or not set(said) <= set(FileOptionsBody.model_fields) - {"files"}:
        raise InvalidInputError(
            f"an option for {pattern!r} is not metric, direction, kind or objective",
            field="per_file",
            value=said,
            limit="metric, direction, kind, objective",
        )
    return built(FileOptionsBody, files=pattern, **said)


def task_ids_of(task_ids: Iterable[str], field: str) -> list[str]:
    """A list of ids, from any collection of strings.

    Raises:
        InvalidInputError: On a single string, whose letters would be taken for ids, and on what is no string.
    """
    found: list[str] = []
    for place, one in enumerate(several(task_ids, field, "a sequence of ids, e.g. ['...']")):
        if not isinstance(one, str):
            where = f"{field}.{place}"
            raise InvalidInputError(
                f"{where} is {with_article(type(one).__name__)}", field=where, value=one, limit="an id"
            )
        found.append(str(one))  # numpy's strings too
    return found


def kinds_of(kinds: Iterable[TaskKind | str]) -> list[TaskKind]:
    """Kinds of task from themselves or their names.

    Raises:
        InvalidInputError: On a single string, and on other names.
    """
    listed = several(kinds, "kinds", "a sequence of kinds, e.g. ['binary']")
    return [kind for one in listed if (kind := kind_of(one)) is not None]


def kind_of(kind: object) -> TaskKind | None:
    """A kind of task from itself or its name.

    Raises:
        InvalidInputError: On another name.
    """
    try:
        return None if kind is None else TaskKind(kind)  # type: ignore[arg-type]  # anything may be given
    except ValueError:
        raise InvalidInputError(
            f"{kind!r} is not a kind of task", field="kind", value=kind, limit=", ".join(TaskKind)
        ) from None


def objectives_of(
    metric: str | Sequence[str] | None, direction: Direction | str | Sequence[Direction | str] | None
) -> dict[str, object]:
    """The fields of a request that say what is optimised, one objective or several.

    Raises:
        InvalidInputError: On another name of a direction, or directions of several objectives beside one metric.
    """
    if metric is not None and not isinstance(metric, Sequence):
        raise InvalidInputError(
            f"metric is {with_article(type(metric).__name__)}",
            field="metric",
            value=metric,
            limit="a name, or a list of names",
        )
    for one in [metric] if isinstance(metric, str) else metric or ():
        warn_of_spelling(one)
    several = direction is not None and not isinstance(direction, str)
    if metric is None or isinstance(metric, str):
        if several:
            raise InvalidInputError(
                "the number of metrics must equal the number of directions",
                field="metric",
                value=metric,
                limit="one metric per direction",
            )
        return {"metric": metric, "direction": direction_of(direction)}  # type: ignore[arg-type]  # no sequence here
    if direction is None:
        return {"metrics": list(metric)}
    if not several:
        raise InvalidInputError(
            "the number of directions must equal the number of metrics",
            field="direction",
            value=direction,
            limit="a list",
        )
    return {"metrics": list(metric), "directions": [direction_of(one) for one in direction]}


def direction_of(direction: Direction | str | None) -> Direction | None:
    """A direction from itself or its name.

    Raises:
        InvalidInputError: On another name.
    """
    try:
        return None if direction is None else Direction(direction)
    except ValueError:
        raise InvalidInputError(
            f"{direction!r} is not a direction", field="direction", value=direction, limit="minimize or maximize"
        ) from None


def plain_mapping(given: object, field: str) -> dict[str, object]:
    """A mapping as a plain one.

    Raises:
        InvalidInputError: If it is none.
    """
    if not isinstance(given, Mapping):
        raise InvalidInputError(
            f"{field} is {with_article(type(given).__name__)}", field=field, value=given, limit="a mapping"
        )
    return dict(given)


def configurations_of(given: object, field: str) -> list[dict[str, object]]:
    """Configurations as plain mappings.

    Raises:
        InvalidInputError: On a single one, and on what is none.
    """
    listed = several(given, field, "a sequence of configurations")
    return [plain_mapping(one, f"{field}.{place}") for place, one in enumerate(listed)]


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
    """A body's JSON.

    Raises:
        InvalidInputError: If it has half characters (lone surrogates), which nothing can send.
    """
    try:
        return body.model_dump_json().encode()
    except PydanticSerializationError as error:
        raise InvalidInputError(f"the request can't be written: {error}", field="body") from error


def _field(place: Sequence[str]) -> str:
    """A dotted path as the API has it, but for arguments of another name than the field."""
    return ".".join((*(_ARGUMENTS.get(step, step) for step in place[:1]), *place[1:]))
