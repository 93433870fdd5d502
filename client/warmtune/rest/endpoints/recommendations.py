"""Recommendations and suggestions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import quoted
from warmtune.tables.paths import check_no_path
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.results import RecommendationAnswer
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.trial import Trial
from warmtune.wire.answers import reader
from warmtune.wire.bodies import (
    SearchSpaceLike,
    built,
    configurations_of,
    objectives_of,
    search_space_body,
    sent,
    task_ids_of,
    trial_bodies,
)
from warmtune.wire.recommendations import (
    RecommendationRequest,
    RecommendationResponse,
    StudySuggestionsRequest,
    SuggestionsRequest,
    SuggestionsResponse,
)
from warmtune.wire.tasks import TaskBody

TaskLike = str | TaskDescription | TableUpload


def recommend(
    task: TaskLike,
    search_space: SearchSpaceLike,
    *,
    metric: str | Sequence[str] | None = None,
    direction: Direction | str | Sequence[Direction | str] | None = None,
    n: int = 10,
    time_budget_s: float | None = None,
    exclude_task_ids: Iterable[str] = (),
    explain: bool = False,
) -> Call[RecommendationAnswer]:
    """Ask for the configurations to try first.

    Args:
        task: A stored task's id, a description (nothing is stored), or a table to be described by the service.
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        metric: By default accuracy, or r2 for regression; a list of names for several objectives.
        direction: Needed for metrics that Warmtune doesn't know; a list for several objectives.
        n: Number of configurations, from 1 to 1,000.
        time_budget_s: Seconds for all of them together: cheap good ones then come first.
        exclude_task_ids: Past tasks that must not be learned from.
        explain: Say also what usually wins on such tasks, and why.

    Returns:
        The batch in the order to try, with sources and expected regret.

    Raises:
        InvalidInputError: Naming what is wrong, before or after sending.
        NotFoundError: On an unknown task or search space.
    """
    body = built(
        RecommendationRequest,
        search_space=search_space_body(search_space),
        **objectives_of(task.metric if metric is None and isinstance(task, TableUpload) else metric, direction),
        n_configurations=n,
        time_budget_s=time_budget_s,
        exclude_task_ids=task_ids_of(exclude_task_ids, "exclude_task_ids"),
        explain=explain,
        **_task_fields(task),
    )
    upload = task if isinstance(task, TableUpload) else None
    return Call("POST", "/v1/recommendations", _reader(task), body=sent(body), upload=upload)


def suggestions(
    study_id: str, *, n: int = 1, pending: Sequence[Configuration] = (), time_budget_s: float | None = None
) -> Call[Recommendation]:
    """The next configurations of a stored study, given what was reported to it.

    Args:
        study_id: The study.
        n: Number of configurations, from 1 to 1,000.
        pending: Configurations that other workers are evaluating now.
        time_budget_s: Seconds that are left: what gains most per predicted second, and ends in time, comes first.

    Raises:
        NotFoundError: If there is no such study.
    """
    waiting = configurations_of(pending, "pending")
    body = built(StudySuggestionsRequest, n=n, pending=waiting, time_budget_s=time_budget_s)
    return Call(
        "POST", f"/v1/studies/{quoted(study_id, 'study_id')}/suggestions", reader(SuggestionsResponse), body=sent(body)
    )


def suggestions_for(  # noqa: PLR0913  # the fields of one request, flat
    task: str | TaskDescription,
    search_space: SearchSpaceLike,
    *,
    trials: Sequence[Trial] = (),
    pending: Sequence[Configuration] = (),
    metric: str | Sequence[str] | None = None,
    direction: Direction | str | Sequence[Direction | str] | None = None,
    n: int = 1,
    time_budget_s: float | None = None,
    exclude_task_ids: Iterable[str] = (),
) -> Call[Recommendation]:
    """The next configurations without storing anything: the trials so far come along.

    Args:
        task: A stored task's id or a description.
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        trials: What was evaluated so far.
        pending: Configurations that other workers are evaluating now.
        metric: By default accuracy, or r2 for regression; a list of names for several objectives.
        direction: Needed for metrics that Warmtune doesn't know; a list for several objectives.
        n: Number of configurations, from 1 to 1,000.
        time_budget_s: Seconds that are left: what gains most per predicted second, and ends in time, comes first.
        exclude_task_ids: Past tasks that must not be learned from.

    Raises:
        InvalidInputError: Naming what is wrong.
        NotFoundError: On an unknown task or search space.
    """
    body = built(
        SuggestionsRequest,
        search_space=search_space_body(search_space),
        **objectives_of(metric, direction),
        trials=trial_bodies(trials),
        pending=configurations_of(pending, "pending"),
        n=n,
        time_budget_s=time_budget_s,
        exclude_task_ids=task_ids_of(exclude_task_ids, "exclude_task_ids"),
        **_task_fields(task),
    )
    return Call("POST", "/v1/suggestions", reader(SuggestionsResponse), body=sent(body))


def _reader(task: TaskLike) -> Callable[[bytes], RecommendationAnswer]:
    """What was understood of a table that was described elsewhere is not the service's to say."""
    if not isinstance(task, TaskDescription):
        return reader(RecommendationResponse)
    read = reader(RecommendationResponse)
    return lambda content: replace(read(content), understanding=task.understanding)


def _task_fields(task: TaskLike) -> dict[str, object]:
    if isinstance(task, str):
        check_no_path(task, "task")
        return {"task_id": task}
    if isinstance(task, TaskDescription):
        return {"task": TaskBody.from_domain(task)}
    if not isinstance(task, TableUpload):
        raise _no_task(task)
    return {
        "target": task.target,
        "kind": task.kind,
        "nominal": list(task.nominal),
        "ignore": list(task.ignore),
        "sheet": task.sheet,
        "encoding": task.encoding,
        "delimiter": task.delimiter,
        "name": task.name,
        "keep": task.keep,
    }


def _no_task(given: object) -> InvalidInputError:
    has_id = isinstance(getattr(given, "task_id", None), str)
    hint = "pass its .task_id" if has_id else "a table is described by warmtune.describe_task(X, y)"
    return InvalidInputError(
        f"task is {with_article(type(given).__name__)}: {hint}",
        field="task",
        value=given,
        limit="a stored task's id, a TaskDescription or a TableUpload",
    )
