"""Shared models: what one workspace lets another one use, for callers whose key has the scope ``admin``."""

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.shared_model import SharedModel, SharingSide
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.answers import read_nothing, reader
from warmtune.wire.bodies import SearchSpaceLike, built, direction_of, kind_of, search_space_body, sent
from warmtune.wire.shared_models import NewSharedModelRequest, SharedModelPage, SharedModelResponse


def share_model(
    search_space: SearchSpaceLike,
    *,
    workspace: str,
    kind: TaskKind | str,
    metric: str | None = None,
    direction: Direction | str | None = None,
) -> Call[SharedModel]:
    """Let another workspace's answers use what was learned from this workspace's own tasks, without their trials.

    Shared again, the model as it is then takes the place of what was shared before.

    Args:
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        workspace: The name of the workspace that receives it; its administrator has to accept it.
        kind: The kind of task; both kinds of classification share a model.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.

    Raises:
        ForbiddenError: If the key is no admin's.
        InvalidInputError: If too few tasks of the workspace's own have trials.
        NotFoundError: On an unknown search space; for admin keys of the workspace ``default``, on an unknown workspace.
        ConflictError: If it is the workspace itself, or trials came in meanwhile.
    """
    body = built(
        NewSharedModelRequest,
        workspace=workspace,
        search_space=search_space_body(search_space),
        kind=kind_of(kind),
        metric=metric,
        direction=direction_of(direction),
    )
    return Call("POST", "/v1/shared-models", reader(SharedModelResponse), body=sent(body))


def list_shared_models(
    *, side: SharingSide | str = SharingSide.GIVEN, limit: int = PAGE_SIZE, cursor: str | None = None
) -> Call[Page[SharedModel]]:
    """A page of the models that the workspace has given, or received, newest first.

    Args:
        side: ``"given"`` or ``"received"``.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.

    Raises:
        ForbiddenError: If the key is no admin's.
    """
    asked = query(side=str(side), limit=limit, cursor=cursor)
    return Call("GET", "/v1/shared-models", reader(SharedModelPage), query=asked)


def accept_shared_model(share_id: str) -> Call[SharedModel]:
    """Let the workspace's recommendations and suggestions learn from what it has received, too.

    Raises:
        ForbiddenError: If the key is no admin's.
        NotFoundError: If the workspace has received no such model.
        ConflictError: If answers use as many under its search space and metric as they may.
    """
    return Call("POST", f"/v1/shared-models/{quoted(share_id, 'share_id')}/accept", reader(SharedModelResponse))


def end_shared_model(share_id: str) -> Call[None]:
    """Revoke what was given, or give back what was received; no answer uses it any more.

    Raises:
        ForbiddenError: If the key is no admin's.
        NotFoundError: If the workspace has no part in such a share.
    """
    return Call("DELETE", f"/v1/shared-models/{quoted(share_id, 'share_id')}", read_nothing)
