"""The route of recommendations."""

from fastapi import APIRouter, Request

from service.http.documentation import form_or_json, problems
from service.http.forms import read_body, uploaded_file
from service.http.route import UploadRoute
from service.recommendations import usecases
from service.services import UsesServices
from warmtune.wire.recommendations import RecommendationRequest, RecommendationResponse

router = APIRouter(prefix="/v1/recommendations", tags=["Recommendations"], route_class=UploadRoute)


@router.post(
    "",
    operation_id="recommend",
    summary="Recommend configurations to try first",
    responses=problems(400, 404, 413, 415, 422, 503),
    openapi_extra=form_or_json(RecommendationRequest, RecommendationRequest),
)
def recommend(request: Request, services: UsesServices) -> RecommendationResponse:
    """The ordered batch of configurations for a task that has no trials yet, and where each came from.

    Either a multipart form: `file` (CSV, Parquet or Arrow IPC; gzip and zstd too) and `request`, this JSON with the
    `target` column; or the JSON alone, with the `task_id` of a kept task or with a `task` by its meta-features.
    Nothing is kept of a file, save its meta-features if `keep` is true.
    """
    asked = read_body(request, RecommendationRequest)
    return RecommendationResponse.from_domain(usecases.recommend(services, asked, uploaded_file(request)))
