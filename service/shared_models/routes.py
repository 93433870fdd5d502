"""Routes of shared models, for admin keys of either end's workspace."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, status

from service.api_keys.callers import UsesCaller
from service.http.documentation import problems
from service.http.json_bodies import JsonBody
from service.http.page_request import AskedPage
from service.http.route import ApiRoute
from service.services import UsesServices
from service.shared_models import usecases
from warmtune.vocabulary.shared_model import SharingSide
from warmtune.wire.shared_models import NewSharedModelRequest, SharedModelPage, SharedModelResponse

AskedShare = Annotated[NewSharedModelRequest, Depends(JsonBody(NewSharedModelRequest))]
ShareId = Annotated[str, Path(description="A share")]

router = APIRouter(prefix="/v1/shared-models", tags=["Shared models"], route_class=ApiRoute)


@router.post(
    "",
    operation_id="share_model",
    summary="Share a learned model",
    status_code=status.HTTP_201_CREATED,
    responses=problems(400, 403, 404, 409, 413, 415, 422, 503),
)
def share_model(services: UsesServices, caller: UsesCaller, body: AskedShare) -> SharedModelResponse:
    """Let another workspace's answers use what was learned from this workspace's own tasks, without their trials.

    The share is a snapshot of the model: the utility that it expects of 64 configurations on each task. Neither trials
    nor scores, and neither names nor identifiers nor the number of tasks is shown to the other workspace. It is used
    once an admin key of that workspace accepts it. Sharing again replaces the snapshot.
    """
    return SharedModelResponse.from_domain(usecases.give(services, caller, body))


@router.get("", operation_id="list_shared_models", summary="List shared models", responses=problems(403, 422))
def list_shared_models(
    services: UsesServices,
    page: AskedPage,
    side: Annotated[SharingSide, Query(description="What was given, or received")] = SharingSide.GIVEN,
) -> SharedModelPage:
    """Models that the workspace has given, or received, newest first."""
    return SharedModelPage.from_domain(usecases.list_shared_models(services, page, side=side))


@router.post(
    "/{share_id}/accept",
    operation_id="accept_shared_model",
    summary="Use a shared model",
    responses=problems(403, 404, 409),
)
def accept_shared_model(services: UsesServices, share_id: ShareId) -> SharedModelResponse:
    """Let the workspace's recommendations and suggestions also learn from a received share."""
    return SharedModelResponse.from_domain(usecases.accept(services, share_id))


@router.delete(
    "/{share_id}",
    operation_id="end_shared_model",
    summary="End a share",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(403, 404),
)
def end_shared_model(services: UsesServices, share_id: ShareId) -> None:
    """End a share that was given or received: no further answer uses it."""
    usecases.end(services, share_id)
