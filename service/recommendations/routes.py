"""The route of recommendations."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends

from service.http.documentation import problems
from service.http.forms import Upload, UploadOrJson
from service.http.route import UploadRoute
from service.recommendations import usecases
from service.services import UsesServices
from warmtune.wire.recommendations import ConfigurationBody, RecommendationRequest, RecommendationResponse

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
def recommend(services: UsesServices, body: Asked) -> RecommendationResponse:
    """The ordered batch of configurations for a task that has no trials yet, and where each came from.

    Either a multipart form: `file` (CSV, Parquet or Arrow IPC; gzip and zstd too) and `request`, this JSON with the
    `target` column; or the JSON alone, with the `task_id` of a kept task or with a `task` by its meta-features.
    Nothing is kept of a file, save its meta-features if `keep` is true.
    """
    asked, file = (body.asked, body.file) if isinstance(body, Upload) else (body, None)
    found = usecases.recommend(services, asked, file)
    answer = found.recommendation
    return RecommendationResponse(
        recommendation_id=f"rec_{uuid.uuid4().hex}",
        task_id=found.task_id,
        configurations=[ConfigurationBody.from_domain(ranked) for ranked in answer.configurations],
        strategy=answer.strategy,
        confidence=answer.confidence,
        reason=answer.reason,
        model_version=answer.model_version,
        metric=found.key.metric,
        direction=found.key.direction,
        explanation=found.explanation,
    )
