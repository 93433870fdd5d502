"""Explanations."""

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import query, quoted
from warmtune.vocabulary.explanation import Explanation
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.parameter_importance import ParameterImportance
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.answers import reader
from warmtune.wire.bodies import asked_space_name, direction_of, kind_of
from warmtune.wire.explanations import ExplanationResponse
from warmtune.wire.parameter_importance import ImportanceResponse


def explain(
    search_space: str | NamedSearchSpace,
    *,
    kind: TaskKind | str,
    metric: str | None = None,
    direction: Direction | str | None = None,
    by: str | None = None,
    task_id: str | None = None,
) -> Call[Explanation]:
    """On which kinds of tasks which configurations, or choices, win.

    Args:
        search_space: A registered name, or a `NamedSearchSpace` as it was read.
        kind: The kind of task.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.
        by: A categorical parameter whose choices compete; by default the one that decides which others there are, and
            where there is none, regions of the search space.
        task_id: A stored task: the sentence is about it then.

    Raises:
        NotFoundError: If there is no such search space or task, or no past task.
        InvalidInputError: If `by` is not a categorical parameter.
    """
    asked = query(kind=kind_of(kind), metric=metric, direction=direction_of(direction), by=by, task_id=task_id)
    return Call(
        "GET",
        f"/v1/search-spaces/{quoted(asked_space_name(search_space), 'search_space')}/explanation",
        reader(ExplanationResponse),
        query=asked,
    )


def parameter_importance(
    search_space: str | NamedSearchSpace,
    *,
    kind: TaskKind | str,
    metric: str | None = None,
    direction: Direction | str | None = None,
) -> Call[ParameterImportance]:
    """Which parameters matter on past tasks, and the narrower ranges in which good values lie.

    Args:
        search_space: A registered name, or a `NamedSearchSpace` as it was read.
        kind: The kind of task.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.

    Raises:
        NotFoundError: If there is no such search space, or no past task.
    """
    asked = query(kind=kind_of(kind), metric=metric, direction=direction_of(direction))
    return Call(
        "GET",
        f"/v1/search-spaces/{quoted(asked_space_name(search_space), 'search_space')}/importance",
        reader(ImportanceResponse),
        query=asked,
    )
