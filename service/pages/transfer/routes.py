"""The page about the health of transfer."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from service.pages.access import UsesViewer
from service.pages.figures import FormOfFigure, UsesForm
from service.pages.map_request import MapRequest, UsesMap
from service.pages.metric_choice import UsesMetric
from service.pages.page_route import PageRoute, page
from service.pages.transfer.usecases import backtest_figure, importance_figure, influence_figure, view_transfer
from service.search_spaces.usecases import space_names
from service.services import UsesServices
from warmtune.vocabulary.task import TaskKind

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Text = Annotated[str, Query(max_length=200)]
_FIRST = "hist_gradient_boosting"


@router.get("/transfer")
def transfer(
    request: Request,
    services: UsesServices,
    viewer: UsesViewer,
    *,
    choice: UsesMetric,
    space: Text = "",
    kind: TaskKind = TaskKind.BINARY,
    study_id: Text = "",
) -> Response:
    """Whether what past tasks teach helps: alarm, fallbacks, influence, backtest, coverage."""
    names = space_names(services)
    chosen = space or (_FIRST if _FIRST in names else next(iter(names), ""))
    asked = {"space": chosen, "kind": kind.value, "metric": choice.text, "direction": choice.way}
    view = view_transfer(services, MapRequest(chosen, kind, choice.metric, choice.direction)) if chosen else None
    shown = {"asked": asked, "names": names, "kinds": list(TaskKind), "study_id": study_id}
    return page(request, "transfer.html", viewer, view=view, **shown)


@router.get("/transfer/figures/backtest")
def backtest(
    services: UsesServices, viewer: UsesViewer, asked: UsesMap, form: UsesForm = FormOfFigure.JSON
) -> Response:
    """The data of the backtest's curves."""
    figure = backtest_figure(services, asked)
    return figure.as_csv("backtest") if form is FormOfFigure.CSV else figure.as_json()


@router.get("/transfer/figures/importance")
def importance(
    services: UsesServices, viewer: UsesViewer, asked: UsesMap, form: UsesForm = FormOfFigure.JSON
) -> Response:
    """The data of the importance of parameters."""
    figure = importance_figure(services, asked)
    return figure.as_csv("importance") if form is FormOfFigure.CSV else figure.as_json()


@router.get("/studies/{study_id}/influence")
def influence(
    services: UsesServices,
    viewer: UsesViewer,
    study_id: Annotated[str, Path(max_length=200)],
    form: UsesForm = FormOfFigure.JSON,
) -> Response:
    """The data of the influence of past tasks over trials."""
    figure = influence_figure(services, study_id)
    return figure.as_csv("influence") if form is FormOfFigure.CSV else figure.as_json()
