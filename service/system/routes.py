"""Liveness, readiness, metrics."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.api_keys.callers import UsesCaller
from service.http.documentation import problems
from service.services import UsesServices, services_of
from warmtune.wire.system import ReadinessResponse, StatusResponse

router = APIRouter(tags=["Operations"])


@router.get("/healthz", operation_id="get_health", summary="Is the process alive?")
async def get_health() -> StatusResponse:
    """Answers while the process runs; checks nothing else, and waits for no other request."""
    return StatusResponse(status="ok", service="warmtune")


@router.get("/readyz", operation_id="get_readiness", summary="Is the service ready?", responses=problems(503))
async def get_readiness(services: UsesServices) -> ReadinessResponse:
    """Answers 200 if the database answers within two seconds and has this version's tables, else 503."""
    return ReadinessResponse.from_domain(await services.readiness.check())


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus' text format",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": "# HELP warmtune_trials_total Trials taken in\n# TYPE warmtune_trials_total counter\n"
                    "warmtune_trials_total 250.0\n",
                }
            },
        }
    },
)
async def get_metrics(request: Request, services: UsesServices, caller: UsesCaller) -> Response:
    """Requests, trials, uploads and fits: counts and durations.

    Of the caller's workspace; of the whole service for an admin key of the workspace `default`, and without keys.
    """
    measures = services_of(request).measures if caller.is_operator else services.measures
    return Response(measures.exposition(), media_type=CONTENT_TYPE_LATEST)
