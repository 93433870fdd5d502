"""Routes of studies and their trials."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, status

from service.http.documentation import problems
from service.http.json_bodies import JsonBatch, JsonBody
from service.http.page_request import AskedPage
from service.http.requests import IdempotencyDigest
from service.http.route import ApiRoute
from service.services import UsesServices
from service.studies import usecases
from service.studies.columns import TrialColumns
from warmtune.wire.base import MAX_TRIALS_PER_REQUEST
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.studies import StudyBody, StudyPage, StudyResponse, TrialBody, TrialPage, TrialsResponse

AskedStudy = Annotated[StudyBody, Depends(JsonBody(StudyBody))]
ReportedTrials = Annotated[
    list[TrialBody] | TrialColumns, Depends(JsonBatch(TrialBody, MAX_TRIALS_PER_REQUEST, TrialColumns.of))
]
StudyId = Annotated[str, Path(description="A stored study")]

router = APIRouter(prefix="/v1/studies", tags=["Studies"], route_class=ApiRoute)


@router.post(
    "",
    operation_id="create_study",
    summary="Start a study",
    status_code=status.HTTP_201_CREATED,
    responses=problems(400, 404, 409, 413, 415, 422),
)
def create_study(services: UsesServices, body: AskedStudy, digest: IdempotencyDigest) -> StudyResponse:
    """Store a tuning run of a stored task over a search space, so that its trials can be reported and learned from."""
    return StudyResponse.from_domain(usecases.create_study(services, body, idempotency_digest=digest).summary)


@router.get("", operation_id="list_studies", summary="List studies", responses=problems(422))
def list_studies(
    services: UsesServices,
    page: AskedPage,
    task_id: Annotated[str | None, Query(description="Only studies of this task")] = None,
    *,
    search_space: Annotated[str | None, Query(description="Only studies over this search space")] = None,
    own: Annotated[bool, Query(description="Leave out studies of the shipped knowledge base")] = False,
) -> StudyPage:
    """Stored studies, newest first, those of the shipped knowledge base included unless only your own are asked for."""
    found = usecases.list_studies(services, page, task_id=task_id, search_space=search_space, own_only=own)
    return StudyPage.from_domain(found)


@router.get("/{study_id}", operation_id="get_study", summary="Read a study", responses=problems(404))
def get_study(services: UsesServices, study_id: StudyId) -> StudyResponse:
    """A stored study with its number of trials and best value."""
    return StudyResponse.from_domain(usecases.get_study(services, study_id).summary)


@router.get(
    "/{study_id}/search-space",
    operation_id="get_study_search_space",
    summary="Read a study's search space",
    responses=problems(404),
)
def get_study_search_space(services: UsesServices, study_id: StudyId) -> SearchSpaceBody:
    """The distributions and conditions that its trials are valid in, registered or not."""
    return SearchSpaceBody.from_domain(usecases.get_study_search_space(services, study_id))


@router.delete(
    "/{study_id}",
    operation_id="delete_study",
    summary="Delete a study",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(404, 409),
)
def delete_study(services: UsesServices, study_id: StudyId) -> None:
    """Delete a study with its trials and the models learned from it; shipped studies can't be deleted.

    Neural models that you trained keep their weights: delete them too, or train them again.
    """
    usecases.delete_study(services, study_id)


@router.post(
    "/{study_id}/trials",
    operation_id="report_trials",
    summary="Report trials",
    responses=problems(400, 404, 409, 413, 415, 422),
)
def report_trials(
    services: UsesServices,
    study_id: StudyId,
    body: ReportedTrials,
) -> TrialsResponse:
    """Report a batch of trials; all of it is stored, or nothing. What is acknowledged is on disk.

    Idempotent by number: the same trial again changes nothing, a waiting or running one may move on, a finished one
    never changes. Parameters are checked against the study's search space.
    """
    return TrialsResponse.from_domain(usecases.report_trials(services, study_id, body))


@router.get("/{study_id}/trials", operation_id="list_trials", summary="List trials", responses=problems(404, 422))
def list_trials(services: UsesServices, study_id: StudyId, page: AskedPage) -> TrialPage:
    """A study's trials, by number."""
    return TrialPage.from_domain(usecases.list_trials(services, study_id, page))
