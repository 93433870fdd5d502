"""The page with the map of tasks."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from service.pages.access import UsesViewer
from service.pages.figures import FormOfFigure, UsesForm
from service.pages.map_request import MapRequest, UsesMap
from service.pages.metric_choice import UsesMetric
from service.pages.page_route import PageRoute, page
from service.pages.tasks.usecases import map_figure, view_tasks
from service.search_spaces.usecases import space_names
from service.services import UsesServices
from warmtune.vocabulary.task import TaskKind

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Text = Annotated[str, Query(max_length=200)]
_FIRST = "hist_gradient_boosting"


@router.get("/tasks")
def tasks(
    request: Request,
    services: UsesServices,
    viewer: UsesViewer,
    *,
    space: Text = "",
    kind: TaskKind = TaskKind.BINARY,
    choice: UsesMetric,
    words: Text = "",
    task_id: Text = "",
) -> Response:
    """The past tasks of a search space on a plane, and what makes tasks similar."""
    names = space_names(services)
    chosen = space or (_FIRST if _FIRST in names else next(iter(names), ""))
    asked = {
        "space": chosen,
        "kind": kind.value,
        "metric": choice.text,
        "direction": choice.way,
        "words": words,
        "task_id": task_id,
    }
    view = None
    if chosen:
        view = view_tasks(
            services,
            MapRequest(chosen, kind, choice.metric, choice.direction),
            words=words.strip(),
            task_id=task_id or None,
        )
    return page(request, "tasks.html", viewer, view=view, asked=asked, names=names, kinds=list(TaskKind))


@router.get("/tasks/figures/map")
def task_map(
    services: UsesServices,
    viewer: UsesViewer,
    asked: UsesMap,
    *,
    words: Text = "",
    task_id: Text = "",
    form: UsesForm = FormOfFigure.JSON,
) -> Response:
    """The data of the map."""
    figure = map_figure(services, asked, words=words.strip(), task_id=task_id or None)
    return figure.as_csv("tasks") if form is FormOfFigure.CSV else figure.as_json()
