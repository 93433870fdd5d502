"""Routes of studies and their trials."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, status

from service.http.documentation import problems
from service.http.json_bodies import JsonBatch, JsonBody
from service.http.paging import AskedPage
from service.http.requests import IdempotencyDigest
from service.http.route import ApiRoute
from service.services import UsesServices
from service.studies import usecases
from store.studies import StoredStudy
from warmtune.wire.base import MAX_TRIALS_PER_REQUEST
from warmtune.wire.studies import StudyBody, StudyPage, StudyResponse, TrialBody, TrialPage, TrialsResponse

AskedStudy = Annotated[StudyBody, Depends(JsonBody(StudyBody))]
ReportedTrials = Annotated[list[TrialBody], Depends(JsonBatch(TrialBody, MAX_TRIALS_PER_REQUEST))]
StudyId = Annotated[str, Path(description="A kept study")]

router = APIRouter(prefix="/v1/studies", tags=["Studies"], route_class=ApiRoute)


@router.post(
    "",
    operation_id="create_study",
    summary="Start a study",
    status_code=status.HTTP_201_CREATED,
    responses=problems(400, 404, 409, 413, 415, 422),
)
def create_study(services: UsesServices, body: AskedStudy, digest: IdempotencyDigest) -> StudyResponse:
    """Keep a tuning run of a kept task over a search space, so that its trials can be reported and learned from."""
    return _response(usecases.create_study(services, body, idempotency_digest=digest))


@router.get("", operation_id="list_studies", summary="List studies", responses=problems(422))
def list_studies(
    services: UsesServices,
    page: AskedPage,
    task_id: Annotated[str | None, Query(description="Of this task only")] = None,
    search_space: Annotated[str | None, Query(description="Over the search space of this name only")] = None,
) -> StudyPage:
    """Kept studies, newest first, those of the shipped knowledge base included."""
    found = usecases.list_studies(services, page, task_id=task_id, search_space=search_space)
    return StudyPage(items=[_response(study) for study in found.items], next_cursor=found.next_cursor)


@router.get("/{study_id}", operation_id="get_study", summary="Read a study", responses=problems(404))
def get_study(services: UsesServices, study_id: StudyId) -> StudyResponse:
    """A kept study with its number of trials and best value."""
    return _response(usecases.get_study(services, study_id))


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
    """Report a batch of trials; all of it is kept, or nothing. What is acknowledged is on disk.

    Idempotent by number: the same trial again changes nothing, a waiting or running one may move on, a finished one
    never changes. Parameters are checked against the study's search space.
    """
    report = usecases.report_trials(services, study_id, body)
    return TrialsResponse(
        study_id=study_id, accepted=report.accepted, unchanged=report.unchanged, n_trials=report.study.n_trials
    )


@router.get("/{study_id}/trials", operation_id="list_trials", summary="List trials", responses=problems(404, 422))
def list_trials(services: UsesServices, study_id: StudyId, page: AskedPage) -> TrialPage:
    """A study's trials, by number."""
    found = usecases.list_trials(services, study_id, page)
    return TrialPage(items=[TrialBody.from_domain(trial) for trial in found.items], next_cursor=found.next_cursor)


def _response(study: StoredStudy) -> StudyResponse:
    return StudyResponse(
        study_id=study.study_id,
        task_id=study.task_id,
        search_space=study.search_space_name,
        search_space_key=study.key.content_key,
        metric=study.key.metric,
        direction=study.key.direction,
        name=study.name,
        metadata=dict(study.metadata),
        n_trials=study.n_trials,
        best_value=study.best_value,
        created_at=study.created_at,
    )
