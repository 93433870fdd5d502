"""Pages about where recommendations and configurations come from."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from service.pages.access import UsesViewer
from service.pages.figures import FormOfFigure, UsesForm
from service.pages.metric_choice import UsesMetric
from service.pages.origins import usecases
from service.pages.origins.usecases import OriginsRequest
from service.pages.page_route import PageRoute, page
from service.search_spaces.usecases import space_names
from service.services import UsesServices

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Text = Annotated[str, Query(max_length=200)]
Count = Annotated[int, Query(ge=1, le=usecases.MAX_CONFIGURATIONS)]


@router.get("/origins")
def origins(
    request: Request,
    services: UsesServices,
    viewer: UsesViewer,
    *,
    words: Text = "",
    task_id: Text = "",
    space: Text = "",
    choice: UsesMetric,
    n: Count = 5,
) -> Response:
    """Choose a task and a search space, and see what is recommended and why."""
    wanted = OriginsRequest(task_id, space, choice.metric, choice.direction)
    view = usecases.view_origins(services, wanted, n=n) if task_id and space else None
    found = () if view is not None else usecases.found_tasks(services, words.strip())
    asked = {"words": words, "task_id": task_id, "space": space, "metric": choice.text, "direction": choice.way, "n": n}
    names = space_names(services)
    origin = str(request.base_url).rstrip("/")
    return page(request, "origins.html", viewer, view=view, found=found, asked=asked, names=names, origin=origin)


@router.get("/origins/figures/weights")
def weights(
    services: UsesServices,
    viewer: UsesViewer,
    *,
    task_id: Text,
    space: Text,
    choice: UsesMetric,
    form: UsesForm = FormOfFigure.JSON,
) -> Response:
    """The data of the figure of weights."""
    figure = usecases.weights_figure(services, OriginsRequest(task_id, space, choice.metric, choice.direction))
    return figure.as_csv("weights") if form is FormOfFigure.CSV else figure.as_json()


@router.get("/studies/{study_id}/trials/{number}")
def trial(
    request: Request,
    services: UsesServices,
    viewer: UsesViewer,
    study_id: Annotated[str, Path(max_length=200)],
    *,
    number: Annotated[int, Path(ge=0, le=2**31 - 1)],
) -> Response:
    """A trial, and where its configuration comes from."""
    return page(request, "trial.html", viewer, view=usecases.view_trial(services, study_id, number))
