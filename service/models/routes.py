"""Routes of versions and backtests."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status
from starlette.responses import Response as PlainResponse

from service.http.documentation import problems
from service.http.json_bodies import JsonBody
from service.http.page_request import AskedPage
from service.http.route import ApiRoute
from service.models import usecases
from service.models.stored_backtest import backtest_answer, backtest_picture
from service.services import UsesServices
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.jobs import JobResponse
from warmtune.wire.models import ActivationRequest, BacktestResponse, ModelPage, ModelResponse, RefitRequest

PNG = "image/png"

AskedRefit = Annotated[RefitRequest, Depends(JsonBody(RefitRequest))]
Activation = Annotated[ActivationRequest, Depends(JsonBody(ActivationRequest, is_needed=False))]

router = APIRouter(prefix="/v1/models", tags=["Models"], route_class=ApiRoute)
backtests = APIRouter(prefix="/v1/search-spaces", tags=["Models"], route_class=ApiRoute)


@router.post(
    "/refit",
    operation_id="refit",
    summary="Refit a model, as a job",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(400, 404, 413, 415, 422, 503),
)
def refit(services: UsesServices, body: AskedRefit) -> JobResponse:
    """Learn from all stored trials, leave every task out once, and activate the version unless it is worse.

    Answers learn from new trials all the time, without a refit; a refit measures whether that made them better, and
    stores the result. The job's result names the `version`, its `state` and the `reason`.
    """
    return JobResponse.from_domain(usecases.refit(services, body).job)


@router.get("", operation_id="list_models", summary="List model versions", responses=problems(404, 422))
def list_models(
    services: UsesServices,
    page: AskedPage,
    *,
    search_space: Annotated[str | None, Query(description="Only versions for this search space")] = None,
    kind: Annotated[
        TaskKind | None, Query(description="Kind of task, if the name stands for two search spaces")
    ] = None,
    metric: Annotated[str | None, Query(description="Only versions for this metric")] = None,
) -> ModelPage:
    """Versions that refits have made, newest first, with the state of each and the reason."""
    return ModelPage.from_domain(
        usecases.list_models(services, page, search_space=search_space, kind=kind, metric=metric)
    )


@router.post(
    "/{version}/activate",
    operation_id="activate_model",
    summary="Activate a version, or roll back to one",
    responses=problems(400, 404, 409, 415, 422),
)
def activate_model(
    services: UsesServices,
    version: Annotated[str, Path(description="A version")],
    body: Activation,
) -> ModelResponse:
    """Make a version the active one.

    Rolling back to an older one pins it: new trials don't change its answers until another version is activated or a
    refit is accepted. A version whose backtest is worse than the active one's needs `force`.
    """
    return ModelResponse.from_domain(usecases.activate(services, version, force=body.force).model_version)


@backtests.get(
    "/{name}/backtest",
    operation_id="get_backtest",
    summary="Read the backtest of the active version",
    response_model=BacktestResponse,
    responses={
        200: {"content": {PNG: {"schema": {"type": "string", "format": "binary"}, "example": "(a picture)"}}},
        **problems(404, 422),
    },
)
def get_backtest(
    request: Request,
    response: Response,
    services: UsesServices,
    *,
    name: Annotated[str, Path(description="A registered search space")],
    kind: Annotated[TaskKind, Query(description="The kind of task")],
    metric: Annotated[str | None, Query(description="By default accuracy, or r2 for regression")] = None,
    direction: Annotated[Direction | None, Query(description="Needed for a metric that Warmtune doesn't know")] = None,
) -> BacktestResponse | PlainResponse:
    """The backtest of the active version, made at its refit; with `Accept: image/png` as a picture.

    Every task is left out once. The methods compared are random search, the default, cold TPE, the neighbours' best, a
    static portfolio, the recommended batch and adaptive suggestions.
    """
    stored = usecases.backtest_of(services, name, kind=kind, metric=metric, direction=direction)
    if _wants_picture(request.headers.get("accept", "")):
        return PlainResponse(backtest_picture(stored, name), media_type=PNG, headers={"Vary": "Accept"})
    response.headers["Vary"] = "Accept"
    return BacktestResponse.from_domain(backtest_answer(stored, name))


def _wants_picture(accept: str) -> bool:
    """Whether a picture is asked for, and not rather JSON."""
    types = [part.split(";", 1)[0].strip().lower() for part in accept.split(",")]
    wanted = [name for name in types if name in (PNG, "image/*", "application/json", "*/*")]
    return bool(wanted) and wanted[0] in (PNG, "image/*")
