"""Routes of suggestions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from service.http.documentation import problems
from service.http.json_bodies import JsonBody
from service.http.route import ApiRoute
from service.services import UsesServices
from service.suggestions import usecases
from warmtune.wire.learning_curves import LearningCurvesRequest, LearningCurvesResponse
from warmtune.wire.recommendations import (
    StudySuggestionsRequest,
    SuggestionsRequest,
    SuggestionsResponse,
)

AskedOfStudy = Annotated[StudySuggestionsRequest, Depends(JsonBody(StudySuggestionsRequest))]
Asked = Annotated[SuggestionsRequest, Depends(JsonBody(SuggestionsRequest))]
AskedCurves = Annotated[LearningCurvesRequest, Depends(JsonBody(LearningCurvesRequest))]

router = APIRouter(prefix="/v1", tags=["Suggestions"], route_class=ApiRoute)


@router.post(
    "/studies/{study_id}/suggestions",
    operation_id="suggest_for_study",
    summary="Suggest a stored study's next configurations",
    responses=problems(400, 404, 413, 415, 422),
)
def suggest_for_study(
    services: UsesServices,
    study_id: Annotated[str, Path(description="A stored study")],
    body: AskedOfStudy,
) -> SuggestionsResponse:
    """The next configurations, given the reported trials. They keep away from configurations being evaluated.

    Nothing is stored: report a trial as running, or send it as pending, so that the next answer differs.
    """
    return SuggestionsResponse.from_domain(usecases.suggest_for_study(services, study_id, body), study_id=study_id)


@router.post(
    "/suggestions",
    operation_id="suggest",
    summary="Suggest next configurations without storing anything",
    responses=problems(400, 404, 413, 415, 422),
)
def suggest(services: UsesServices, body: Asked) -> SuggestionsResponse:
    """Suggestions for the trials in the body, for a stored task or one given by its meta-features."""
    return SuggestionsResponse.from_domain(usecases.suggest(services, body), study_id=None)


@router.post(
    "/suggestions/learning-curves",
    operation_id="learning_curves",
    summary="Read past learning curves",
    responses=problems(400, 404, 413, 415, 422),
)
def learning_curves(services: UsesServices, body: AskedCurves) -> LearningCurvesResponse:
    """Intermediate and final values of complete past trials: they predict whether a trial is worth finishing."""
    return LearningCurvesResponse.from_domain(usecases.learning_curves(services, body))
