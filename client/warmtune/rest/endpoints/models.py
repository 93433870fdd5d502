"""Versions of models: refits, rolling back, and backtests."""

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.vocabulary.job import Job
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.model_version import BacktestAnswer, ModelVersion
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.answers import reader
from warmtune.wire.bodies import (
    SearchSpaceLike,
    asked_space_name,
    built,
    direction_of,
    kind_of,
    search_space_body,
    sent,
)
from warmtune.wire.jobs import JobResponse
from warmtune.wire.models import ActivationRequest, BacktestResponse, ModelPage, ModelResponse, RefitRequest


def refit(
    search_space: SearchSpaceLike,
    *,
    kind: TaskKind | str,
    metric: str | None = None,
    direction: Direction | str | None = None,
    activate: bool = True,
    surrogate: str = "auto",
) -> Call[Job]:
    """Fit a model again to all stored trials, as a job, and activate it unless its backtest is worse.

    Args:
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        kind: The kind of task; both kinds of classification share a model.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.
        activate: False keeps the version as a candidate.
        surrogate: What completes past tasks' maps or conditions on a study's trials: ``"none"``, the engine's prior;
            ``"auto"``, the most promising neural surrogate if the backtest shows that it is better; an algorithm of
            `docs/maml.md`, its surrogate whatever the backtest shows.

    Returns:
        The job; its result names the `version`, its `state` and the `reason`.

    Raises:
        InvalidInputError: Naming what is wrong.
        NotFoundError: On an unknown search space.
    """
    body = built(
        RefitRequest,
        search_space=search_space_body(search_space),
        kind=kind_of(kind),
        metric=metric,
        direction=direction_of(direction),
        activate=activate,
        surrogate=surrogate,
    )
    return Call("POST", "/v1/models/refit", reader(JobResponse), body=sent(body))


def list_models(
    *,
    search_space: str | NamedSearchSpace | None = None,
    kind: TaskKind | str | None = None,
    metric: str | None = None,
    limit: int = PAGE_SIZE,
    cursor: str | None = None,
) -> Call[Page[ModelVersion]]:
    """A page of the versions that refits have made, newest first.

    Args:
        search_space: Of the search space of this name only.
        kind: With a name that stands for two search spaces: which.
        metric: Under this metric only.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.

    Raises:
        NotFoundError: If there is no search space of that name.
    """
    name = None if search_space is None else asked_space_name(search_space)
    asked = query(search_space=name, kind=kind_of(kind), metric=metric, limit=limit, cursor=cursor)
    return Call("GET", "/v1/models", reader(ModelPage), query=asked)


def activate_model(version: str, *, force: bool = False) -> Call[ModelVersion]:
    """Let a version answer from now on; an older one is pinned: what came in since its refit isn't learned from.

    Args:
        version: Its name.
        force: Although its backtest is worse than that of the version that answers.

    Raises:
        NotFoundError: If there is no such version.
        ConflictError: If its backtest is worse; the message has the figures.
    """
    body = built(ActivationRequest, force=force)
    return Call("POST", f"/v1/models/{quoted(version, 'version')}/activate", reader(ModelResponse), body=sent(body))


def backtest(
    search_space: str | NamedSearchSpace,
    *,
    kind: TaskKind | str,
    metric: str | None = None,
    direction: Direction | str | None = None,
) -> Call[BacktestAnswer]:
    """How good recommendations are on the stored studies, as the last accepted refit has measured it.

    Args:
        search_space: A registered name, or a `NamedSearchSpace` as it was read.
        kind: The kind of task.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.

    Raises:
        NotFoundError: If there is no such search space, or no refit of it so far, or too few tasks for a backtest.
    """
    asked = query(kind=kind_of(kind), metric=metric, direction=direction_of(direction))
    return Call(
        "GET",
        f"/v1/search-spaces/{quoted(asked_space_name(search_space), 'search_space')}/backtest",
        reader(BacktestResponse),
        query=asked,
    )
