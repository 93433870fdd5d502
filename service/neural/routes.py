"""Routes of neural models."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, status
from starlette.responses import Response

from service.http.documentation import problems
from service.http.forms import count_bytes
from service.http.json_bodies import JsonBody
from service.http.page_request import AskedPage
from service.http.requests import api_request
from service.http.route import ApiRoute
from service.neural import usecases
from service.services import UsesServices
from store.neural_models import NeuralFamily
from warmtune.wire.jobs import JobResponse
from warmtune.wire.neural import ModelName as NewName
from warmtune.wire.neural import NeuralModelPage, NeuralModelResponse, NeuralTrainRequest
from warmtune.wire.neural_answers import (
    AdaptRequest,
    AdaptResponse,
    NeuralSuggestionsRequest,
    NeuralSuggestionsResponse,
)

BYTES = "application/octet-stream"
_FILE = {BYTES: {"schema": {"type": "string", "format": "binary"}, "example": "(a safetensors file)"}}

ModelName = Annotated[str, Path(description="A neural model")]
NewModelName = Annotated[NewName, Path(description="Name of the model")]


AskedTraining = Annotated[NeuralTrainRequest, Depends(JsonBody(NeuralTrainRequest))]
AskedAdaptation = Annotated[AdaptRequest, Depends(JsonBody(AdaptRequest))]
AskedSuggestions = Annotated[NeuralSuggestionsRequest, Depends(JsonBody(NeuralSuggestionsRequest))]


async def _file(request: Request) -> bytes:
    return await api_request(request).bytes_of(BYTES)


SentFile = Annotated[bytes, Depends(_file)]

router = APIRouter(prefix="/v1/neural/models", tags=["Neural models"], route_class=ApiRoute)


@router.post(
    "",
    operation_id="train_neural_model",
    summary="Meta-train a surrogate or an acquisition, as a job",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(400, 404, 409, 413, 415, 422, 503),
)
def train_neural_model(services: UsesServices, body: AskedTraining) -> JobResponse:
    """Learn from all stored trials of a search space to predict the scores of configurations on a new task.

    With the algorithm `learned_acquisition`, learn which configuration to try next instead: past tasks' scores are
    completed over some hundred configurations, and a policy is trained to find good ones in few trials.

    The job's result names the model's `version`; held-out tasks end the training early. After a stop or a crash of the
    service, training resumes from the last checkpoint.
    """
    return JobResponse.from_domain(usecases.train(services, body).job)


@router.get("", operation_id="list_neural_models", summary="List neural models", responses=problems(422))
def list_neural_models(
    services: UsesServices,
    page: AskedPage,
    family: Annotated[NeuralFamily | None, Query(description="Only surrogates, acquisitions or task models")] = None,
) -> NeuralModelPage:
    """Surrogates and acquisitions of search spaces, and initialisations of task models, newest first."""
    return NeuralModelPage.from_domain(usecases.list_models(services, page, family=family))


@router.get(
    "/{name}", operation_id="get_neural_model", summary="Read the facts about a neural model", responses=problems(404)
)
def get_neural_model(services: UsesServices, name: ModelName) -> NeuralModelResponse:
    """A model's purpose and facts about its training."""
    return NeuralModelResponse.from_domain(usecases.get_model(services, name).neural_model)


@router.delete(
    "/{name}",
    operation_id="delete_neural_model",
    summary="Delete a neural model",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(404, 409),
)
def delete_neural_model(services: UsesServices, name: ModelName) -> None:
    """Delete a model and free its name; shipped ones can't be deleted.

    A training that is still running stores its model nevertheless: cancel its job first.
    """
    usecases.delete_model(services, name)


@router.get(
    "/{name}/initialisation",
    operation_id="get_initialisation",
    summary="Download a neural model",
    response_class=Response,
    responses={200: {"content": _FILE, "description": "A safetensors file"}, **problems(404)},
)
def get_initialisation(services: UsesServices, name: ModelName) -> Response:
    """The learned parameters as a safetensors file; its header describes the model and its recommended fine-tuning."""
    model, content = usecases.get_content(services, name)
    return Response(content, media_type=BYTES, headers={"ETag": f'"{model.version}"'})


@router.post(
    "/{name}/adapt",
    operation_id="adapt_neural_model",
    summary="Adapt a neural model to a support set",
    responses=problems(400, 404, 413, 415, 422),
)
def adapt_neural_model(services: UsesServices, name: ModelName, body: AskedAdaptation) -> AdaptResponse:
    """Adapt the model to a support set and return its predictions for the query; nothing is stored.

    A surrogate takes configurations with scores and predicts other configurations' scores; it uses the task's
    meta-features if it was trained with those of past tasks. A learned acquisition returns its belief about the nearest
    of its candidates, with an uncertainty that grows with the distance. A task model takes rows with targets and
    predicts other rows' targets; it returns its adapted parameters on request.
    """
    from service.neural.adaptation import adapt  # noqa: PLC0415  # torch, when first needed

    return AdaptResponse.from_domain(adapt(services, name, body))


@router.post(
    "/{name}/suggestions",
    operation_id="suggest_by_neural_model",
    summary="Suggest next configurations by a surrogate or an acquisition",
    responses=problems(400, 404, 413, 415, 422),
)
def suggest_by_neural_model(
    services: UsesServices, name: ModelName, body: AskedSuggestions
) -> NeuralSuggestionsResponse:
    """Return the next configurations for the given trials; nothing is stored.

    A surrogate returns those of the largest expected improvement, a learned acquisition those that its policy picks.
    """
    from service.neural.suggestions import suggest  # noqa: PLC0415  # torch, when first needed

    return NeuralSuggestionsResponse.from_domain(suggest(services, name, body))


@router.put(
    "/{name}",
    operation_id="put_neural_model",
    summary="Store an initialisation of task models",
    responses=problems(409, 413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": _FILE}},
)
def put_neural_model(services: UsesServices, name: NewModelName, content: SentFile) -> NeuralModelResponse:
    """Store an initialisation that `python -m maml task-models` learned, so that clients can download or adapt it."""
    count_bytes(services, len(content))
    return NeuralModelResponse.from_domain(usecases.put_task_model(services, name, content).neural_model)
