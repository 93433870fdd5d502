"""The route of recommendations."""

from typing import Annotated

from fastapi import APIRouter, Depends

from service.api_keys.callers import UsesCaller, check_scope
from service.http.documentation import problems
from service.http.forms import Upload, UploadOrJson
from service.http.route import UploadRoute
from service.recommendations import usecases
from service.services import UsesServices
from warmtune.vocabulary.api_key import Scope
from warmtune.wire.recommendations import RecommendationRequest, RecommendationResponse

Asked = Annotated[
    Upload[RecommendationRequest] | RecommendationRequest,
    Depends(UploadOrJson(RecommendationRequest, RecommendationRequest)),
]

router = APIRouter(prefix="/v1/recommendations", tags=["Recommendations"], route_class=UploadRoute)


@router.post(
    "",
    operation_id="recommend",
    summary="Recommend configurations to try first",
    responses=problems(400, 404, 413, 415, 422, 503),
)
def recommend(services: UsesServices, caller: UsesCaller, body: Asked) -> RecommendationResponse:
    """The ordered batch of configurations for a task that has no trials yet, and where each came from.

    Either a multipart form: `file` (delimited text, Parquet, Arrow IPC, a workbook, JSON or ARFF, compressed or not)
    and `request`, this JSON with the `target` column; or the JSON alone, with the `task_id` of a stored task or with a
    `task` by its meta-features. Nothing of a file is stored, except its meta-features if `keep` is true; the answer
    reports how it was interpreted.
    """
    if isinstance(body, Upload) and body.asked.keep:
        check_scope(caller, Scope.WRITE, field="keep")
    asked, file = (body.asked, body.file) if isinstance(body, Upload) else (body, None)
    return RecommendationResponse.from_domain(usecases.recommend(services, asked, file))
