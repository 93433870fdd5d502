"""The API, version 1, as functions from arguments to calls: the sync and the async client share them.

Each docstring speaks of the client's method of the same name; what it says to return is what the answer reads as.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from optuna.distributions import BaseDistribution

from warmtune import answers
from warmtune.bodies import (
    SearchSpaceLike,
    as_search_space,
    built,
    direction_of,
    search_space_body,
    sent,
    task_body,
    trial_bodies,
)
from warmtune.calls import Call
from warmtune.dataset import TableUpload, TaskDescription
from warmtune.distributions import ParameterValue
from warmtune.metrics import Direction
from warmtune.recommendation import Recommendation, Source
from warmtune.results import NamedSearchSpace, Page, RecommendationAnswer, StudySummary, TaskSummary, TrialsReceipt
from warmtune.space import Configuration, SearchSpace
from warmtune.task import Task, TaskKind
from warmtune.trial import Trial
from warmtune.wire.recommendations import RecommendationRequest, StudySuggestionsRequest, SuggestionsRequest
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.studies import StudyBody
from warmtune.wire.tasks import TaskUploadRequest

PAGE_SIZE = 50

TaskLike = str | TaskDescription | TableUpload


def recommend(
    task: TaskLike,
    search_space: SearchSpaceLike,
    *,
    metric: str | None = None,
    direction: Direction | str | None = None,
    n: int = 10,
    time_budget_s: float | None = None,
    exclude_task_ids: Sequence[str] = (),
) -> Call[RecommendationAnswer]:
    """Ask for the configurations to try first.

    Args:
        task: A kept task's id, a description (nothing is kept), or a table to be described by the service.
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.
        n: Number of configurations, from 1 to 1,000.
        time_budget_s: Seconds for all of them together: cheap good ones then come first.
        exclude_task_ids: Past tasks that must not be learned from.

    Returns:
        The batch in the order to try, with sources and expected regret.

    Raises:
        InvalidInputError: Naming what is wrong, before or after sending.
        NotFoundError: On an unknown task or search space.
    """
    body = built(
        RecommendationRequest,
        search_space=search_space_body(search_space),
        metric=metric,
        direction=direction_of(direction),
        n_configurations=n,
        time_budget_s=time_budget_s,
        exclude_task_ids=list(exclude_task_ids),
        **_task_fields(task),
    )
    upload = task if isinstance(task, TableUpload) else None
    return Call("POST", "/v1/recommendations", answers.read_recommendation, body=sent(body), upload=upload)


def create_task(task: TaskDescription | TableUpload) -> Call[Task]:
    """Keep a task; the same content gives the same task.

    Args:
        task: A description, or a table to be described by the service, which keeps no row of it.

    Returns:
        The kept task.

    Raises:
        InvalidInputError: Naming what is wrong.
    """
    if isinstance(task, TableUpload):
        said = built(TaskUploadRequest, target=task.target, kind=task.kind, name=task.name)
        return Call("POST", "/v1/tasks", answers.read_task, body=sent(said), upload=task)
    return Call("POST", "/v1/tasks", answers.read_task, body=sent(task_body(task)))


def get_task(task_id: str) -> Call[Task]:
    """A kept task.

    Raises:
        NotFoundError: If there is none of that id.
    """
    return Call("GET", f"/v1/tasks/{_quoted(task_id)}", answers.read_task)


def list_tasks(
    *, kind: TaskKind | None = None, limit: int = PAGE_SIZE, cursor: str | None = None
) -> Call[Page[TaskSummary]]:
    """A page of the kept tasks, newest first; those of the shipped knowledge base are among them.

    Args:
        kind: Of this kind only.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    return Call("GET", "/v1/tasks", answers.read_tasks, query=_query(kind=kind, limit=limit, cursor=cursor))


def neighbours(task_id: str, *, n: int = 10) -> Call[tuple[Source, ...]]:
    """The most similar past tasks of the same kind, most similar first.

    Raises:
        NotFoundError: If there is no task of that id.
    """
    return Call("GET", f"/v1/tasks/{_quoted(task_id)}/neighbours", answers.read_neighbours, query={"n": n})


def put_search_space(
    name: str, search_space: SearchSpace | Mapping[str, BaseDistribution], *, kinds: Sequence[TaskKind] = ()
) -> Call[NamedSearchSpace]:
    """Register a search space under a name; the same again changes nothing.

    Args:
        name: The name; those of the shipped catalogue can't be taken.
        search_space: A `SearchSpace`, or Optuna's distributions by name.
        kinds: Kinds of task that it is for; by default all.

    Raises:
        InvalidSearchSpaceError: If it contradicts itself or Optuna's rules.
        ConflictError: If the name is taken by another one.
    """
    body = SearchSpaceBody.from_domain(as_search_space(search_space))
    query = {"kind": [kind.value for kind in kinds]}
    return Call("PUT", _space_path(name), answers.read_search_space, body=sent(body), query=query)


def get_search_space(name: str, *, kind: TaskKind | None = None) -> Call[NamedSearchSpace]:
    """A registered search space, the shipped catalogue included.

    Args:
        name: The name; it may stand for two, one for classes and one for numbers.
        kind: Says which; by default the one for classes.

    Raises:
        NotFoundError: If there is none of that name.
    """
    return Call("GET", _space_path(name), answers.read_search_space, query=_query(kind=kind))


def list_search_spaces(
    *, kind: TaskKind | None = None, limit: int = PAGE_SIZE, cursor: str | None = None
) -> Call[Page[NamedSearchSpace]]:
    """A page of the registered search spaces, the shipped catalogue first.

    Args:
        kind: For tasks of this kind only.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    query = _query(kind=kind, limit=limit, cursor=cursor)
    return Call("GET", "/v1/search-spaces", answers.read_search_spaces, query=query)


def create_study(
    task_id: str,
    search_space: SearchSpaceLike,
    *,
    metric: str | None = None,
    direction: Direction | str | None = None,
    name: str | None = None,
    metadata: Mapping[str, ParameterValue] | None = None,
) -> Call[StudySummary]:
    """Start a study of a kept task, so that its trials can be reported and learned from.

    Args:
        task_id: The task.
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.
        name: For people; not unique.
        metadata: Whatever you want to find again.

    Returns:
        The kept study.

    Raises:
        InvalidInputError: Naming what is wrong.
        NotFoundError: On an unknown task or search space.
    """
    body = built(
        StudyBody,
        task_id=task_id,
        search_space=search_space_body(search_space),
        metric=metric,
        direction=direction_of(direction),
        name=name,
        metadata=dict(metadata or {}),
    )
    return Call("POST", "/v1/studies", answers.read_study, body=sent(body))


def get_study(study_id: str) -> Call[StudySummary]:
    """A kept study.

    Raises:
        NotFoundError: If there is none of that id.
    """
    return Call("GET", f"/v1/studies/{_quoted(study_id)}", answers.read_study)


def list_studies(
    *,
    task_id: str | None = None,
    search_space: str | None = None,
    limit: int = PAGE_SIZE,
    cursor: str | None = None,
) -> Call[Page[StudySummary]]:
    """A page of the kept studies, newest first; those of the shipped knowledge base are among them.

    Args:
        task_id: Of this task only.
        search_space: Over the search space of this name only.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    query = _query(task_id=task_id, search_space=search_space, limit=limit, cursor=cursor)
    return Call("GET", "/v1/studies", answers.read_studies, query=query)


def list_trials(study_id: str, *, limit: int = PAGE_SIZE, cursor: str | None = None) -> Call[Page[Trial]]:
    """A page of a study's trials, by number.

    Args:
        study_id: The study.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.

    Raises:
        NotFoundError: If there is no such study.
    """
    query = _query(limit=limit, cursor=cursor)
    return Call("GET", f"/v1/studies/{_quoted(study_id)}/trials", answers.read_trials, query=query)


def report_trials(study_id: str, trials: Sequence[Trial]) -> Call[TrialsReceipt]:
    """Report a batch of trials, 10,000 at most; sending one again is harmless.

    Returns:
        What became of them; what is counted there survives a crash of the service.

    Raises:
        InvalidInputError: Naming what is wrong; then nothing of the batch is kept.
        NotFoundError: If there is no such study.
        ConflictError: If a finished trial of the same number is kept with other content.
    """
    body = b"[" + b",".join(map(sent, trial_bodies(trials))) + b"]"
    return Call("POST", f"/v1/studies/{_quoted(study_id)}/trials", answers.read_receipt, body=body)


def suggestions(study_id: str, *, n: int = 1, pending: Sequence[Configuration] = ()) -> Call[Recommendation]:
    """The next configurations of a kept study, given what was reported to it.

    Args:
        study_id: The study.
        n: Number of configurations, from 1 to 1,000.
        pending: Configurations that other workers are evaluating now.

    Raises:
        NotFoundError: If there is no such study.
    """
    body = built(StudySuggestionsRequest, n=n, pending=[dict(c) for c in pending])
    return Call("POST", f"/v1/studies/{_quoted(study_id)}/suggestions", answers.read_suggestions, body=sent(body))


def suggestions_for(
    task: str | TaskDescription,
    search_space: SearchSpaceLike,
    *,
    trials: Sequence[Trial] = (),
    pending: Sequence[Configuration] = (),
    metric: str | None = None,
    direction: Direction | str | None = None,
    n: int = 1,
    exclude_task_ids: Sequence[str] = (),
) -> Call[Recommendation]:
    """The next configurations without keeping anything: the trials so far come along.

    Args:
        task: A kept task's id or a description.
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        trials: What was evaluated so far.
        pending: Configurations that other workers are evaluating now.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.
        n: Number of configurations, from 1 to 1,000.
        exclude_task_ids: Past tasks that must not be learned from.

    Raises:
        InvalidInputError: Naming what is wrong.
        NotFoundError: On an unknown task or search space.
    """
    body = built(
        SuggestionsRequest,
        search_space=search_space_body(search_space),
        metric=metric,
        direction=direction_of(direction),
        trials=trial_bodies(trials),
        pending=[dict(c) for c in pending],
        n=n,
        exclude_task_ids=list(exclude_task_ids),
        **_task_fields(task),
    )
    return Call("POST", "/v1/suggestions", answers.read_suggestions, body=sent(body))


def health() -> Call[None]:
    """Return when the service is ready to answer.

    Raises:
        UnavailableError: If it isn't, or can't be reached.
    """
    return Call("GET", "/readyz", answers.read_nothing)


def _task_fields(task: TaskLike) -> dict[str, object]:
    if isinstance(task, str):
        return {"task_id": task}
    if isinstance(task, TaskDescription):
        return {"task": task_body(task)}
    return {"target": task.target, "kind": task.kind, "name": task.name, "keep": task.keep}


def _quoted(segment: str) -> str:
    return quote(segment, safe="")


def _space_path(name: str) -> str:
    return f"/v1/search-spaces/{_quoted(name)}"


def _query(**given: str | int | None) -> dict[str, str | int]:
    return {name: value for name, value in given.items() if value is not None}
