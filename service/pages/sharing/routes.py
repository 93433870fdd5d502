"""The page of shared models, and its forms."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import Response

from service.pages.access import UsesViewer, UsesWriter
from service.pages.page_route import PageRoute, page, see_other
from service.pages.sharing.usecases import view_sharing
from service.services import UsesServices
from service.shared_models import usecases as shared_models
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import built
from warmtune.wire.shared_models import NewSharedModelRequest

PAGE = "/operations/shared-models"

router = APIRouter(include_in_schema=False, route_class=PageRoute)

ShareId = Annotated[str, Path(max_length=200)]
Text = Annotated[str, Form(max_length=200)]


@router.get(PAGE)
def sharing(request: Request, services: UsesServices, viewer: UsesViewer) -> Response:
    """What is shared with whom, by whom, since when; for admins, since it names other workspaces."""
    view = view_sharing(services, viewer.caller) if viewer.may_administer else None
    return page(request, "sharing.html", viewer, view=view)


@router.post(PAGE)
def give(
    services: UsesServices,
    viewer: UsesWriter,
    *,
    workspace: Text,
    space: Text,
    kind: Annotated[TaskKind, Form()],
    metric: Text = "",
    direction: Annotated[Direction | None, Form()] = None,
) -> Response:
    """Share a learned model with another workspace."""
    viewer.check(Scope.ADMIN)
    asked = built(
        NewSharedModelRequest,
        workspace=workspace.strip(),
        search_space=space,
        kind=kind,
        metric=metric.strip() or None,
        direction=direction,
    )
    shared_models.give(services, viewer.caller, asked)
    return see_other(f"{PAGE}#given")


@router.post(PAGE + "/{share_id}/accept")
def accept(services: UsesServices, viewer: UsesWriter, share_id: ShareId) -> Response:
    """Let the workspace's answers use what it was given."""
    viewer.check(Scope.ADMIN)
    shared_models.accept(services, share_id)
    return see_other(f"{PAGE}#received")


@router.post(PAGE + "/{share_id}/end")
def end(services: UsesServices, viewer: UsesWriter, share_id: ShareId) -> Response:
    """End a share at once, from either end."""
    viewer.check(Scope.ADMIN)
    shared_models.end(services, share_id)
    return see_other(PAGE)
