"""Pages of studies, and the data of their figures."""

from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from learning.models.background import StillLearningError
from service.pages.access import UsesViewer
from service.pages.figures import Figure, FigureKind, FormOfFigure, UsesForm
from service.pages.page_route import HEADERS, PageRoute, page
from service.pages.studies import course, parameters, usecases
from service.pages.studies.ranks import ranks_figure
from service.pages.studies.trials_file import trials_as_csv
from service.pages.studies.volumes import view_volumes, volumes_figure
from service.services import UsesServices
from store.study_tables import MAX_ROW, StudyFilter, StudyOrder, TrialFilter, TrialOrder

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Offset = Annotated[int, Query(ge=0, le=MAX_ROW)]
StudyId = Annotated[str, Path(max_length=200)]
Text = Annotated[str, Query(max_length=200)]


class StudyFigure(StrEnum):
    """Figures of a study."""

    PROGRESS = "progress"
    IMPORTANCE = "importance"
    PARALLEL = "parallel"
    SLICE = "slice"
    CONTOUR = "contour"
    RANK = "rank"
    EDF = "edf"
    TIMELINE = "timeline"
    STEPS = "steps"
    FRONT = "front"
    VOLUME = "volume"


_OF_THE_COURSE: Final = {
    StudyFigure.EDF: course.edf_figure,
    StudyFigure.TIMELINE: course.timeline_figure,
    StudyFigure.STEPS: course.steps_figure,
    StudyFigure.FRONT: course.front_figure,
}


@router.get("/studies")
def studies(
    request: Request,
    services: UsesServices,
    viewer: UsesViewer,
    *,
    words: Text = "",
    space: Text = "",
    own: bool = False,
    order: StudyOrder = StudyOrder.NEWEST,
    offset: Offset = 0,
) -> Response:
    """The list of studies."""
    which = StudyFilter(words.strip() or None, space or None, own)
    found = usecases.list_studies(services, which, order=order, offset=offset)
    asked = {"words": words, "space": space, "own": own, "order": order.value}
    shown = {"found": found, "asked": asked, "offset": offset, "step": usecases.PAGE, "orders": list(StudyOrder)}
    return page(request, "studies.html", viewer, **shown)


@router.get("/studies/{study_id}")
def study(
    request: Request,
    services: UsesServices,
    viewer: UsesViewer,
    study_id: StudyId,
    *,
    order: TrialOrder = TrialOrder.NUMBER,
    state: TrialFilter = TrialFilter.ALL,
    offset: Offset = 0,
) -> Response:
    """A study: its curve and its trials."""
    view = usecases.view_study(services, study_id, order=order, offset=offset, which=state)
    asked = {"order": order.value, "state": state.value}
    shown = {"view": view, "asked": asked, "offset": offset, "step": usecases.TRIALS_PAGE, "orders": list(TrialOrder)}
    return page(request, "study.html", viewer, **shown, origin=str(request.base_url).rstrip("/"))


@router.get("/studies/{study_id}/parameters")
def study_parameters(request: Request, services: UsesServices, viewer: UsesViewer, study_id: StudyId) -> Response:
    """Importance of parameters, and the ranges of good values."""
    view = parameters.view_parameters(services, study_id)
    return page(request, "parameters.html", viewer, view=view)


@router.get("/studies/{study_id}/course")
def study_course(request: Request, services: UsesServices, viewer: UsesViewer, study_id: StudyId) -> Response:
    """How values spread, where the time went, learning curves, and the front of several objectives."""
    view, volumes = course.view_course(services, study_id), view_volumes(services, study_id)
    return page(request, "course.html", viewer, view=view, volumes=volumes)


@router.get("/studies/{study_id}/figures/{name}")
def study_figure(
    services: UsesServices,
    viewer: UsesViewer,
    study_id: StudyId,
    *,
    name: StudyFigure,
    form: UsesForm = FormOfFigure.JSON,
) -> Response:
    """The data of a figure: JSON for the page's script, CSV to take away."""
    figure = _figure(services, study_id, name)
    if form is FormOfFigure.CSV and figure.options.get("learning"):
        raise StillLearningError(
            "the model of the past tasks is still being learned, and the file depends on it", field="form"
        )
    return figure.as_csv(f"{name.value}") if form is FormOfFigure.CSV else figure.as_json()


@router.get("/studies/{study_id}/trials.csv")
def trials_csv(services: UsesServices, viewer: UsesViewer, study_id: StudyId) -> Response:
    """All trials of a study with their configurations."""
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="trials.csv"'}
    content = trials_as_csv(services, study_id)
    return StreamingResponse(content, media_type="text/csv; charset=utf-8", headers=headers)


def _figure(services: UsesServices, study_id: str, name: StudyFigure) -> Figure:
    if name in _OF_THE_COURSE:
        return _OF_THE_COURSE[name](course.view_course(services, study_id))
    if name is StudyFigure.PROGRESS:
        return usecases.study_progress(services, study_id)
    if name is StudyFigure.IMPORTANCE:
        return parameters.importance_figure(parameters.view_parameters(services, study_id))
    if name is StudyFigure.VOLUME:
        return volumes_figure(view_volumes(services, study_id))
    if name is StudyFigure.RANK:
        return ranks_figure(services, study_id)
    return parameters.configurations_figure(services, study_id, FigureKind(name.value))
